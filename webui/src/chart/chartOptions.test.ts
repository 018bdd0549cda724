import { describe, expect, it, vi } from "vitest";
import { REPORT } from "../fixtures/report";
import type { ChartColours } from "../theme/chartColours";
import { chartModel } from "./chartData";
import { axisSize, chartOptions, timeTickLabels, valueIncrements } from "./chartOptions";

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

describe("the options of the chart", () => {
  it("carry size, colours and the hover", () => {
    const onHover = vi.fn();
    const options = chartOptions({ model, unit: "bytes", colours, width: 600, height: 300, onHover });
    expect([options.width, options.height]).toEqual([600, 300]);
    expect(options.series.map((series) => series.stroke)).toEqual([undefined, "#222", "#333"]);
    const setCursor = options.hooks?.setCursor?.[0] as unknown as (chart: { cursor: { idx: number | null } }) => void;
    setCursor({ cursor: { idx: 7 } });
    setCursor({ cursor: { idx: null } });
    expect(onHover.mock.calls).toEqual([[7], [null]]);
  });

  it("step bytes in powers of two", () => {
    expect(valueIncrements("bytes/s")?.slice(0, 3)).toEqual([1, 2, 4]);
    expect(valueIncrements("seconds")).toBeUndefined();
  });

  it("write clocks on the time axis, and the day at midnight", () => {
    const midnight = new Date(2026, 10, 23).getTime() / 1000;
    expect(timeTickLabels([midnight - 600, midnight, midnight + 600], 600)).toEqual(["23:50", "23 Nov", "00:10"]);
    expect(timeTickLabels([midnight + 30], 30)).toEqual(["00:00:30"]);
  });

  it("make the value axis as wide as its longest tick", () => {
    expect(axisSize(["1", "12.5 MiB/s"])).toBeGreaterThan(axisSize(["1", "2"]));
    expect(axisSize(null)).toBeGreaterThan(0);
  });
});
