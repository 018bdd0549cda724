import type { Finding, PatternType } from "../api/types";
import type { Taxonomy } from "./taxonomy";

/** How many findings have one shape. */
export interface ShapeCount {
  pattern: string;
  type: PatternType;
  count: number;
}

/** Counts the findings of each shape; the most frequent first. */
export function countShapes(findings: readonly Pick<Finding, "pattern" | "pattern_type">[]): ShapeCount[] {
  const counts = new Map<string, ShapeCount>();
  for (const { pattern, pattern_type: type } of findings) {
    counts.set(pattern, { pattern, type, count: (counts.get(pattern)?.count ?? 0) + 1 });
  }
  return sortByCount([...counts.values()]);
}

/** The counts of a report by the name of the shape, with their types; the most frequent first. */
export function shapeCounts(counts: Record<string, number>, taxonomy: Taxonomy): ShapeCount[] {
  return sortByCount(
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([pattern, count]) => ({ pattern, type: taxonomy.get(pattern)?.type ?? 0, count })),
  );
}

/** By descending count; what has no known shape comes last. */
function sortByCount(counts: readonly ShapeCount[]): ShapeCount[] {
  return [...counts].sort((a, b) => Number(b.type > 0) - Number(a.type > 0) || b.count - a.count);
}
