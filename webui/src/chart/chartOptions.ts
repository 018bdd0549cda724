/** uPlot's options for the chart of one series, as plain functions. */
import type uPlot from "uplot";
import { formatValue, type Unit } from "../format/number";
import { clock, day } from "../format/time";
import type { ChartColours } from "../theme/chartColours";
import { FONT_FAMILY } from "../theme/theme";
import type { ChartModel } from "./chartData";
import { marksPlugin } from "./chartMarks";
import { isolatedPoints } from "./geometry";

const FONT = `11px ${FONT_FAMILY}`;
const POWERS_OF_TWO = Array.from({ length: 60 }, (_, power) => 2 ** power);

/** Increments between ticks of the value axis: powers of two for bytes, uPlot's defaults for the rest. */
export function valueIncrements(unit: Unit): number[] | undefined {
  return unit.startsWith("bytes") ? POWERS_OF_TWO : undefined;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Increments between ticks of the time axis, in seconds: divisors of a minute, an hour, a day; then whole days. */
export const TIME_INCREMENTS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 4, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28].map((days) => days * DAY),
];

/** Tick labels of the time axis: the local clock, and the date at midnight. */
export function timeTickLabels(seconds: readonly number[], increment: number): string[] {
  return seconds.map((at) => {
    const ms = at * 1000;
    return new Date(ms).setHours(0, 0, 0, 0) === ms ? day(ms) : clock(ms, increment < 60);
  });
}

/** Size of the value axis in CSS pixels, wide enough for its longest tick label. */
export function axisSize(labels: readonly string[] | null): number {
  const longest = Math.max(3, ...(labels ?? []).map((label) => label.length));
  return 18 + longest * 6.5;
}

interface ChartInput {
  model: ChartModel;
  unit: Unit;
  colours: ChartColours;
  width: number;
  height: number;
  /** Called with the index of the point under the cursor, or null without one. */
  onHover: (index: number | null) => void;
}

/** uPlot's options for the chart of one series. */
export function chartOptions({ model, unit, colours, width, height, onHover }: ChartInput): uPlot.Options {
  return {
    width,
    height,
    legend: { show: false },
    padding: [18, 14, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7, width: 0 } },
    scales: { x: { time: true }, y: { range: () => model.yRange } },
    axes: [timeAxis(colours), valueAxis(colours, unit)],
    series: [{}, lineSeries(model, 1, colours.series), lineSeries(model, 2, colours.current)],
    plugins: [marksPlugin(model, colours)],
    hooks: { setCursor: [(chart) => onHover(chart.cursor.idx ?? null)] },
  };
}

function axis(colours: ChartColours): uPlot.Axis {
  return {
    stroke: colours.text,
    font: FONT,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
  };
}

function timeAxis(colours: ChartColours): uPlot.Axis {
  return {
    ...axis(colours),
    space: 64,
    size: 26,
    incrs: TIME_INCREMENTS,
    values: (_chart, splits, _axis, _space, increment) => timeTickLabels(splits, increment),
  };
}

function valueAxis(colours: ChartColours, unit: Unit): uPlot.Axis {
  const incrs = valueIncrements(unit);
  return {
    ...axis(colours),
    space: 38,
    size: (_chart, labels) => axisSize(labels),
    values: (_chart, splits) => splits.map((value) => formatValue(value, unit)),
    ...(incrs === undefined ? {} : { incrs }),
  };
}

function lineSeries(model: ChartModel, index: 1 | 2, stroke: string): uPlot.Series {
  const values = model.data[index] as (number | null)[];
  return {
    stroke,
    width: 1.5,
    spanGaps: false,
    points: { show: true, size: 4, fill: stroke, width: 0, filter: () => isolatedPoints(values) },
  };
}
