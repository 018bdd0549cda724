import { describe, expect, it } from "vitest";
import { REPORT } from "../fixtures/report";
import {
  baselineBand,
  extent,
  gaps,
  indexAt,
  isolatedPoints,
  onsetIndex,
  quantile,
  sparklinePath,
  splitAtOnset,
  timestamps,
} from "./geometry";

const window = { start_ms: 0, split_ms: 3000, end_ms: 4000, step_ms: 1000 };

describe("the geometry of a series", () => {
  it("maps instants to indices", () => {
    expect(timestamps(window, 3)).toEqual([0, 1000, 2000]);
    expect(indexAt(window, 2500, 5)).toBe(3);
    expect(indexAt(window, -1, 5)).toBe(0);
    expect(indexAt(window, 1e9, 5)).toBe(4);
  });

  it("falls back to the split where no onset was found", () => {
    const points = [1, 1, 1, 1, 1];
    expect(onsetIndex({ onset_ms: 2000, points }, window)).toBe(2);
    expect(onsetIndex({ onset_ms: null, points }, window)).toBe(3);
    expect(REPORT.findings.map((finding) => onsetIndex(finding, REPORT.window))).toEqual([236, 236, 236, 240, 236]);
  });

  it("finds gaps and isolated points", () => {
    const points = [null, 1, 2, null, 5, null, null];
    expect(gaps(points)).toEqual([
      [0, 0],
      [3, 3],
      [5, 6],
    ]);
    expect(isolatedPoints(points)).toEqual([4]);
    expect(isolatedPoints([7])).toEqual([0]);
  });

  it("measures ranges and quantiles without the gaps", () => {
    expect(extent([null, 3, -1, null])).toEqual([-1, 3]);
    expect(extent([null])).toBeNull();
    expect(quantile([4, null, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([null], 0.5)).toBeNull();
    expect(baselineBand([0, 10, 20, 999], 3)).toEqual([1, 19]);
    expect(baselineBand([null, null, 5], 2)).toBeNull();
  });

  it("splits a series at its onset, which both parts hold", () => {
    expect(splitAtOnset([1, 2, 3], 1)).toEqual([
      [1, 2, null],
      [null, 2, 3],
    ]);
  });

  it("interrupts a path at a gap", () => {
    expect(sparklinePath([0, 1, null, 2, 4], 0, 4, 8, 4)).toBe("M0.0 4.0h0L2.0 3.0M6.0 2.0h0L8.0 0.0");
    expect(sparklinePath([3, 3], 0, 1, 8, 4)).toBe("M0.0 2.0h0L8.0 2.0");
    expect(sparklinePath([null, null], 0, 1, 8, 4)).toBe("");
  });
});
