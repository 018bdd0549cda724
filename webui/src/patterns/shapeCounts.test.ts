import { expect, it } from "vitest";
import { PATTERNS, typeOf } from "../fixtures/patterns";
import type { Pattern } from "../api/types";
import { countShapes, type ShapeCount, shapeCounts } from "./shapeCounts";
import { taxonomyOf } from "./taxonomy";

const TAXONOMY = taxonomyOf({ patterns: PATTERNS });
const pairs = (counts: ShapeCount[]) => counts.map(({ pattern, count }) => [pattern, count]);

it("counts the findings of each shape, with the type that they give it", () => {
  const shapes: Pattern[] = ["single_spike", "level_shift_up", "level_shift_up"];
  expect(countShapes(shapes.map((pattern) => ({ pattern, pattern_type: typeOf(pattern) })))).toEqual([
    { pattern: "level_shift_up", type: 1, count: 2 },
    { pattern: "single_spike", type: 2, count: 1 },
  ]);
});

it("sorts shapes by count, those of no known shape last", () => {
  const counts = { normal: 9, single_spike: 1, steady_increase: 2, level_shift_up: 2, single_dip: 0 };
  expect(pairs(shapeCounts(counts, TAXONOMY))).toEqual([
    ["steady_increase", 2],
    ["level_shift_up", 2],
    ["single_spike", 1],
    ["normal", 9],
  ]);
});

it("keeps a shape that the taxonomy does not have, without a type", () => {
  expect(shapeCounts({ unheard_of: 4, single_dip: 1 }, TAXONOMY)).toEqual([
    { pattern: "single_dip", type: 2, count: 1 },
    { pattern: "unheard_of", type: 0, count: 4 },
  ]);
  expect(pairs(shapeCounts({ single_dip: 1, level_shift_up: 2 }, new Map()))).toEqual([
    ["level_shift_up", 2],
    ["single_dip", 1],
  ]);
});
