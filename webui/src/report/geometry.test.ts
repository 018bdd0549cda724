import { describe, expect, it } from "vitest";
import { REPORT } from "../fixtures/report";
import { baselineBand, extent, gaps, halves, lonely, onsetRow, quantile, rowAt, sparkPath, times } from "./geometry";

const window = { start_ms: 0, split_ms: 3000, end_ms: 4000, step_ms: 1000 };

describe("the geometry of a series", () => {
  it("places rows on the grid", () => {
    expect(times(window, 3)).toEqual([0, 1000, 2000]);
    expect(rowAt(window, 2500, 5)).toBe(3);
    expect(rowAt(window, -1, 5)).toBe(0);
    expect(rowAt(window, 1e9, 5)).toBe(4);
  });

  it("takes the split for the onset where none was found", () => {
    const points = [1, 1, 1, 1, 1];
    expect(onsetRow({ onset_ms: 2000, points }, window)).toBe(2);
    expect(onsetRow({ onset_ms: null, points }, window)).toBe(3);
    expect(REPORT.findings.map((finding) => onsetRow(finding, REPORT.window))).toEqual([236, 236, 236, 240, 236]);
  });

  it("knows gaps and the points between them", () => {
    const points = [null, 1, 2, null, 5, null, null];
    expect(gaps(points)).toEqual([
      [0, 0],
      [3, 3],
      [5, 6],
    ]);
    expect(lonely(points)).toEqual([4]);
    expect(lonely([7])).toEqual([0]);
  });

  it("measures ranges and quantiles without the gaps", () => {
    expect(extent([null, 3, -1, null])).toEqual([-1, 3]);
    expect(extent([null])).toBeNull();
    expect(quantile([4, null, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([null], 0.5)).toBeNull();
    expect(baselineBand([0, 10, 20, 999], 3)).toEqual([1, 19]);
    expect(baselineBand([null, null, 5], 2)).toBeNull();
  });

  it("splits a line at its onset, which both halves share", () => {
    expect(halves([1, 2, 3], 1)).toEqual([
      [1, 2, null],
      [null, 2, 3],
    ]);
  });

  it("draws a path that lifts the pen over a gap", () => {
    expect(sparkPath([0, 1, null, 2, 4], 0, 4, 8, 4)).toBe("M0.0 4.0h0L2.0 3.0M6.0 2.0h0L8.0 0.0");
    expect(sparkPath([3, 3], 0, 1, 8, 4)).toBe("M0.0 2.0h0L8.0 2.0");
    expect(sparkPath([null, null], 0, 1, 8, 4)).toBe("");
  });
});
