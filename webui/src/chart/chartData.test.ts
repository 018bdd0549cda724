import { describe, expect, it } from "vitest";
import { REPORT } from "../fixtures/report";
import { chartModel, markers, yRange } from "./chartData";

const finding = REPORT.findings[2];
if (finding === undefined) throw new Error("the fixture has a third finding");
const model = chartModel(finding, REPORT.window, "alert");

describe("the chart of a series", () => {
  it("has one time per point, in seconds, and two lines that meet at the onset", () => {
    const [seconds, before, after] = model.data;
    expect(seconds).toHaveLength(300);
    expect((seconds[1] ?? 0) - (seconds[0] ?? 0)).toBe(30);
    expect(before?.[model.onset]).toBe(after?.[model.onset]);
    expect(before?.[model.onset + 1]).toBeNull();
    expect(after?.[model.onset - 1]).toBeNull();
  });

  it("shades the gap from its last point before to its first after", () => {
    const start = REPORT.window.start_ms / 1000;
    expect(model.gaps).toEqual([[start + 99 * 30, start + 110 * 30]]);
  });

  it("marks onset and split, or the split alone", () => {
    expect(model.markers.map((marker) => marker.label)).toEqual(["onset", "alert"]);
    expect(markers({ onset_ms: null }, REPORT.window, "split").map((marker) => marker.kind)).toEqual(["split"]);
  });

  it("pads the range, does not go below zero, centres a constant series", () => {
    expect(yRange(0, 100)).toEqual([0, 108]);
    expect(yRange(50, 100)).toEqual([46, 104]);
    expect(yRange(-10, 10)).toEqual([-11.6, 11.6]);
    expect(yRange(5, 5)).toEqual([4.5, 5.5]);
    expect(yRange(0, 0)).toEqual([-1, 1]);
  });

  it("draws a series of gaps as an empty chart", () => {
    const empty = chartModel({ ...finding, points: [null, null, null] }, REPORT.window, "alert");
    expect(empty.band).toBeNull();
    expect(empty.yRange).toEqual([0, 1.08]);
  });
});
