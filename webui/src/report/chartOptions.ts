import type uPlot from "uplot";
import { FONT_FAMILY } from "../app/theme";
import { inUnit, type Unit } from "../format/number";
import { clock, day } from "../format/time";
import type { ChartModel } from "./chartData";
import { markPlugin } from "./chartMarks";
import { lonely } from "./geometry";

/** Colours of the chart, read from the page's tokens. */
export interface ChartColours {
  text: string;
  grid: string;
  series: string;
  current: string;
  currentGround: string;
  band: string;
  onset: string;
  split: string;
  gap: string;
}

const TOKENS: Record<keyof ChartColours, string> = {
  text: "--pw-text-soft",
  grid: "--pw-grid",
  series: "--pw-series",
  current: "--pw-current",
  currentGround: "--pw-current-ground",
  band: "--pw-band",
  onset: "--pw-onset",
  split: "--pw-split",
  gap: "--pw-grid",
};

/** The tokens as the browser resolves them under the present colour scheme. */
export function chartColours(element: Element): ChartColours {
  const style = getComputedStyle(element);
  const entries = Object.entries(TOKENS).map(([name, token]) => [name, style.getPropertyValue(token).trim()]);
  return Object.fromEntries(entries) as ChartColours;
}

const FONT = `11px ${FONT_FAMILY}`;
const BINARY = Array.from({ length: 60 }, (_, power) => 2 ** power);

/** Distances between ticks of the value axis; bytes step in powers of two, the rest as uPlot likes. */
export function valueSteps(unit: Unit): number[] | undefined {
  return unit.startsWith("bytes") ? BINARY : undefined;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Distances between ticks of the time axis, in seconds: those that divide a clock. */
export const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 4, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28].map((days) => days * DAY),
];

/** Tick texts of the time axis: the clock; a day where midnight is crossed. */
export function timeTicks(seconds: readonly number[], step: number): string[] {
  return seconds.map((at) => {
    const ms = at * 1000;
    return new Date(ms).setHours(0, 0, 0, 0) === ms ? day(ms) : clock(ms, step < 60);
  });
}

/** Width of the value axis for its longest tick. */
export function axisWidth(texts: readonly string[] | null): number {
  const longest = Math.max(3, ...(texts ?? []).map((text) => text.length));
  return 18 + longest * 6.5;
}

interface Given {
  model: ChartModel;
  unit: Unit;
  colours: ChartColours;
  width: number;
  height: number;
  onHover: (row: number | null) => void;
}

/** uPlot's options for the chart of one series. */
export function chartOptions({ model, unit, colours, width, height, onHover }: Given): uPlot.Options {
  const steps = valueSteps(unit);
  const axis: uPlot.Axis = {
    stroke: colours.text,
    font: FONT,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    padding: [18, 14, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7, width: 0 } },
    scales: { x: { time: true }, y: { range: () => model.range } },
    axes: [
      { ...axis, space: 64, size: 26, incrs: TIME_STEPS, values: (_chart, splits, _axis, _space, step) => timeTicks(splits, step) },
      {
        ...axis,
        space: 38,
        size: (_chart, texts) => axisWidth(texts),
        values: (_chart, splits) => splits.map((value) => inUnit(value, unit)),
        ...(steps === undefined ? {} : { incrs: steps }),
      },
    ],
    series: [{}, line(model, 1, colours.series), line(model, 2, colours.current)],
    plugins: [markPlugin(model, colours)],
    hooks: { setCursor: [(chart) => onHover(chart.cursor.idx ?? null)] },
  };
}

function line(model: ChartModel, index: 1 | 2, stroke: string): uPlot.Series {
  const values = model.data[index] as (number | null)[];
  return {
    stroke,
    width: 1.5,
    spanGaps: false,
    points: { show: true, size: 4, fill: stroke, width: 0, filter: () => lonely(values) },
  };
}
