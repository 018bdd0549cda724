import type { Pattern } from "../api/types";

/** SVG path of each shape in a 28 x 16 box: the baseline on the left, the change on the right. */
const PATHS: Record<Pattern, string> = {
  sudden_increase: "M1 13H14L16 3H27",
  sudden_decrease: "M1 3H14L16 13H27",
  level_shift_up: "M1 13H9C15 13 13 4 19 4H27",
  level_shift_down: "M1 3H9C15 3 13 12 19 12H27",
  steady_increase: "M1 13H11L27 3",
  steady_decrease: "M1 3H11L27 13",
  single_spike: "M1 13H12L14 2L16 13H27",
  single_dip: "M1 3H12L14 14L16 3H27",
  transient_level_shift_up: "M1 13H9L10 4H18L19 13H27",
  transient_level_shift_down: "M1 3H9L10 12H18L19 3H27",
  multiple_spikes: "M1 13H6L8 3L10 13H12L14 3L16 13H18L20 3L22 13H27",
  multiple_dips: "M1 3H6L8 13L10 3H12L14 13L16 3H18L20 13L22 3H27",
  fluctuations: "M1 8H7L10 2L13 14L16 3L19 13L22 4L25 11L27 8",
  normal: "M1 8C4 6.5 6 9.5 9 8S14 6.5 17 8S22 9.5 27 8",
  other: "M1 8H7C11 8 10 3 13 5S15 12 18 12S22 5 27 6",
};

/** The path of a shape; of `other` for a shape that has none here. */
export function glyphPath(pattern: string): string {
  return Object.hasOwn(PATHS, pattern) ? PATHS[pattern as Pattern] : PATHS.other;
}
