import { describe, expect, it, vi } from "vitest";
import { REPORT } from "../fixtures/report";
import { chartModel, markers, yRange } from "./chartData";
import { axisWidth, chartOptions, timeTicks, valueSteps, type ChartColours } from "./chartOptions";

const finding = REPORT.findings[2];
if (finding === undefined) throw new Error("the fixture has a third finding");
const model = chartModel(finding, REPORT.window, "alert");
const colours: ChartColours = {
  text: "#000",
  grid: "#111",
  series: "#222",
  current: "#333",
  currentGround: "#444",
  band: "#555",
  onset: "#666",
  split: "#777",
  gap: "#888",
};

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
    expect(model.markers.map((marker) => marker.text)).toEqual(["onset", "alert"]);
    expect(markers({ onset_ms: null }, REPORT.window, "split").map((marker) => marker.kind)).toEqual(["split"]);
  });

  it("leaves room, keeps zero as the floor, centres a flat line", () => {
    expect(yRange(0, 100)).toEqual([0, 108]);
    expect(yRange(50, 100)).toEqual([46, 104]);
    expect(yRange(-10, 10)).toEqual([-11.6, 11.6]);
    expect(yRange(5, 5)).toEqual([4.5, 5.5]);
    expect(yRange(0, 0)).toEqual([-1, 1]);
  });

  it("draws a series of gaps as an empty chart", () => {
    const empty = chartModel({ ...finding, points: [null, null, null] }, REPORT.window, "alert");
    expect(empty.band).toBeNull();
    expect(empty.range).toEqual([0, 1.08]);
  });
});

describe("the options of the chart", () => {
  it("carry size, colours and the hover", () => {
    const onHover = vi.fn();
    const options = chartOptions({ model, unit: "bytes", colours, width: 600, height: 300, onHover });
    expect([options.width, options.height]).toEqual([600, 300]);
    expect(options.series.map((series) => series.stroke)).toEqual([undefined, "#222", "#333"]);
    const hear = options.hooks?.setCursor?.[0] as unknown as (chart: { cursor: { idx: number | null } }) => void;
    hear({ cursor: { idx: 7 } });
    hear({ cursor: { idx: null } });
    expect(onHover.mock.calls).toEqual([[7], [null]]);
  });

  it("step bytes in powers of two", () => {
    expect(valueSteps("bytes/s")?.slice(0, 3)).toEqual([1, 2, 4]);
    expect(valueSteps("seconds")).toBeUndefined();
  });

  it("write clocks on the time axis, and the day at midnight", () => {
    const midnight = new Date(2026, 10, 23).getTime() / 1000;
    expect(timeTicks([midnight - 600, midnight, midnight + 600], 600)).toEqual(["23:50", "23 Nov", "00:10"]);
    expect(timeTicks([midnight + 30], 30)).toEqual(["00:00:30"]);
  });

  it("make the value axis as wide as its longest tick", () => {
    expect(axisWidth(["1", "12.5 MiB/s"])).toBeGreaterThan(axisWidth(["1", "2"]));
    expect(axisWidth(null)).toBeGreaterThan(0);
  });
});
