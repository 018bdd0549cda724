/** What the report page shows of a report: pure choices over its findings. */
import type { Finding, Pattern } from "../api/types";
import { SHAPES, shapeType } from "../patterns/shapes";

export interface Filter {
  pattern: Pattern | null;
  entity: string | null;
}

/** The findings that pass, in their order (strongest first). */
export function matching(findings: readonly Finding[], filter: Filter): Finding[] {
  return findings.filter(
    (finding) =>
      (filter.pattern === null || finding.pattern === filter.pattern) &&
      (filter.entity === null || finding.entity === filter.entity),
  );
}

/** The finding of this rank, or the strongest where the rank is not among them. */
export function chosenOf(findings: readonly Finding[], rank: number | null): Finding | null {
  return findings.find((finding) => finding.rank === rank) ?? findings[0] ?? null;
}

/** The rank `step` places further down (or up), held at both ends. */
export function neighbour(findings: readonly Finding[], rank: number, step: number): number {
  const at = findings.findIndex((finding) => finding.rank === rank);
  const next = Math.max(0, Math.min(findings.length - 1, at + step));
  return findings[next]?.rank ?? rank;
}

/** How many findings took each shape. */
export function shapeCounts(findings: readonly Finding[]): Partial<Record<Pattern, number>> {
  const counts: Partial<Record<Pattern, number>> = {};
  for (const finding of findings) counts[finding.pattern] = (counts[finding.pattern] ?? 0) + 1;
  return counts;
}

/** Shapes with their counts, the most frequent first; `normal` and `other` come last. */
export function byCount(counts: Partial<Record<Pattern, number>> | Record<string, number>): [Pattern, number][] {
  const known = counts as Partial<Record<Pattern, number>>;
  return SHAPES.map((shape): [Pattern, number] => [shape, known[shape] ?? 0])
    .filter(([, count]) => count > 0)
    .sort((a, b) => Number(shapeType(b[0]) > 0) - Number(shapeType(a[0]) > 0) || b[1] - a[1]);
}

/** Names of the labels that tell these series apart: those that are not the same on every one. */
export function varyingLabels(findings: readonly Finding[]): Set<string> {
  const first = findings[0]?.labels ?? {};
  const names = new Set(findings.flatMap((finding) => Object.keys(finding.labels)));
  names.delete("__name__");
  const varying = [...names].filter((name) => findings.some((finding) => finding.labels[name] !== first[name]));
  return new Set(varying);
}

// Where it runs says less than what it is: these come last.
const PLACES = new Set(["instance", "job", "pod", "node", "container", "endpoint"]);

/** A series' labels that tell it apart, the entity's own label left out (it has its own place). */
export function distinguishing(finding: Finding, varying: ReadonlySet<string>): [string, string][] {
  return Object.entries(finding.labels)
    .filter(([name, value]) => varying.has(name) && value !== finding.entity)
    .sort(([a], [b]) => Number(PLACES.has(a)) - Number(PLACES.has(b)) || a.localeCompare(b));
}

/** Every label but the name, in order. */
export function allLabels(finding: Finding): [string, string][] {
  return Object.entries(finding.labels)
    .filter(([name]) => name !== "__name__")
    .sort(([a], [b]) => a.localeCompare(b));
}
