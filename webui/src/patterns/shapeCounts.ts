import type { Finding, Pattern } from "../api/types";
import { SHAPES, shapeType } from "./shapes";

export type ShapeCounts = Partial<Record<Pattern, number>>;

/** How many findings have each shape. */
export function countShapes(findings: readonly Pick<Finding, "pattern">[]): ShapeCounts {
  const counts: ShapeCounts = {};
  for (const finding of findings) counts[finding.pattern] = (counts[finding.pattern] ?? 0) + 1;
  return counts;
}

/** Shapes with their counts in descending order; `normal` and `other` come last, unknown names are left out. */
export function sortByCount(counts: ShapeCounts | Record<string, number>): [Pattern, number][] {
  const known = counts as ShapeCounts;
  return SHAPES.map((shape): [Pattern, number] => [shape, known[shape] ?? 0])
    .filter(([, count]) => count > 0)
    .sort((a, b) => Number(shapeType(b[0]) > 0) - Number(shapeType(a[0]) > 0) || b[1] - a[1]);
}
