import type { PatternRead } from "../api/types";

/** The shapes that the API knows, by name. */
export type Taxonomy = ReadonlyMap<string, PatternRead>;

export function taxonomyOf(answer: { patterns: readonly PatternRead[] }): Taxonomy {
  return new Map(answer.patterns.map((pattern) => [pattern.name, pattern]));
}

/** `level shift up`; the plain name where the taxonomy does not have it. */
export function shapeLabel(taxonomy: Taxonomy, pattern: string): string {
  return taxonomy.get(pattern)?.label ?? pattern;
}
