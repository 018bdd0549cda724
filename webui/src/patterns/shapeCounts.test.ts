import { expect, it } from "vitest";
import type { Pattern } from "../api/types";
import { countShapes, sortByCount } from "./shapeCounts";

it("counts the findings of each shape", () => {
  const shapes: Pattern[] = ["single_spike", "level_shift_up", "level_shift_up"];
  expect(countShapes(shapes.map((pattern) => ({ pattern })))).toEqual({ single_spike: 1, level_shift_up: 2 });
});

it("sorts shapes by count, normal and other last", () => {
  expect(sortByCount({ normal: 9, single_spike: 1, steady_increase: 2, level_shift_up: 2 })).toEqual([
    ["level_shift_up", 2],
    ["steady_increase", 2],
    ["single_spike", 1],
    ["normal", 9],
  ]);
});

it("leaves out names that are no known shape", () => {
  expect(sortByCount({ unheard_of: 4, single_dip: 1 })).toEqual([["single_dip", 1]]);
});
