/** Geometry of a series: indices, ranges, gaps and paths. Points are values in time order; null is a gap. */
import type { Finding, Window } from "../api/types";

export type Points = readonly (number | null)[];

/** Timestamps of the first `length` points of the window, in ms. */
export function timestamps(window: Window, length: number): number[] {
  return Array.from({ length }, (_, index) => window.start_ms + index * window.step_ms);
}

/** Index of the first point at or after this instant, clamped to the series. */
export function indexAt(window: Window, ms: number, length: number): number {
  const index = Math.ceil((ms - window.start_ms) / window.step_ms);
  return Math.max(0, Math.min(length - 1, index));
}

/** Index of the onset of this series; of the split of the window where no onset was found. */
export function onsetIndex(finding: Pick<Finding, "onset_ms" | "points">, window: Window): number {
  return indexAt(window, finding.onset_ms ?? window.split_ms, finding.points.length);
}

/** Minimum and maximum; null where there is no value. */
export function extent(points: Points): [number, number] | null {
  let min = Infinity;
  let max = -Infinity;
  for (const value of points) {
    if (value === null) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? [min, max] : null;
}

/** Runs of points without a value, as indices [first, last]. */
export function gaps(points: Points): [number, number][] {
  const runs: [number, number][] = [];
  points.forEach((value, index) => {
    if (value !== null) return;
    const run = runs.at(-1);
    if (run?.[1] === index - 1) run[1] = index;
    else runs.push([index, index]);
  });
  return runs;
}

/** Indices of the values between two gaps. A line has no length there, so they are drawn as dots. */
export function isolatedPoints(points: Points): number[] {
  return points.flatMap((value, index) =>
    value !== null && (points[index - 1] ?? null) === null && (points[index + 1] ?? null) === null ? [index] : [],
  );
}

/** The q-quantile by linear interpolation; null without values. */
export function quantile(points: Points, q: number): number | null {
  const sorted = points.filter((value) => value !== null).sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  if (low === undefined || high === undefined) return null;
  return low + (high - low) * (position - Math.floor(position));
}

/** The 5 % and 95 % quantiles of the values before the onset. */
export function baselineBand(points: Points, onset: number): [number, number] | null {
  const before = points.slice(0, onset);
  const low = quantile(before, 0.05);
  const high = quantile(before, 0.95);
  return low === null || high === null ? null : [low, high];
}

/** Two series as long as the whole: the points up to the onset, and those from it on. Both hold the onset. */
export function splitAtOnset(points: Points, onset: number): [(number | null)[], (number | null)[]] {
  return [
    points.map((value, index) => (index <= onset ? value : null)),
    points.map((value, index) => (index >= onset ? value : null)),
  ];
}

/** An SVG path through the points `from` to `to` in a `width` x `height` box; a gap interrupts it. */
export function sparklinePath(points: Points, from: number, to: number, width: number, height: number): string {
  const range = extent(points);
  if (range === null) return "";
  const [min, max] = range;
  const x = (index: number) => ((index / Math.max(1, points.length - 1)) * width).toFixed(1);
  const y = (value: number) =>
    (max === min ? height / 2 : height - ((value - min) / (max - min)) * height).toFixed(1);
  let path = "";
  let connected = false;
  for (let index = Math.max(0, from); index <= Math.min(to, points.length - 1); index += 1) {
    const value = points[index];
    if (value === null || value === undefined) {
      connected = false;
      continue;
    }
    // A segment of zero length draws a dot under round line caps, so an isolated point is visible too.
    path += connected ? `L${x(index)} ${y(value)}` : `M${x(index)} ${y(value)}h0`;
    connected = true;
  }
  return path;
}
