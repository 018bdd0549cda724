/** Which findings the page shows and which one is selected. */
import type { Finding, Report } from "../../api/types";
import type { FindingFilter } from "../../routing/urlState";

/**
 * The filter without what matches nothing in this report: the URL may name a shape or an entity of another one.
 * An entity of the ranking counts even where all its findings were omitted.
 */
export function matchingFilter(report: Pick<Report, "findings" | "entities">, filter: FindingFilter): FindingFilter {
  const { pattern, entity } = filter;
  const hasPattern = report.findings.some((finding) => finding.pattern === pattern);
  const hasEntity = [...report.entities, ...report.findings].some((each) => each.entity === entity);
  return { pattern: hasPattern ? pattern : null, entity: hasEntity ? entity : null };
}

/** The findings that pass the filter, still in order of rank. */
export function filterFindings(findings: readonly Finding[], filter: FindingFilter): Finding[] {
  return findings.filter(
    (finding) =>
      (filter.pattern === null || finding.pattern === filter.pattern) &&
      (filter.entity === null || finding.entity === filter.entity),
  );
}

/** The finding of this rank; the first one where the rank is not among them. */
export function selectedFinding(findings: readonly Finding[], rank: number | null): Finding | null {
  return findings.find((finding) => finding.rank === rank) ?? findings[0] ?? null;
}

/** The rank `step` positions further down (or up), clamped to the list. */
export function neighbourRank(findings: readonly Finding[], rank: number, step: number): number {
  const index = findings.findIndex((finding) => finding.rank === rank);
  const next = Math.max(0, Math.min(findings.length - 1, index + step));
  return findings[next]?.rank ?? rank;
}
