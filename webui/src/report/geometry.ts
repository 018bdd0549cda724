/** Numbers behind the drawings: times, ranges, runs and paths. Points are values in time order, null is a gap. */
import type { Finding, Window } from "../api/types";

export type Points = readonly (number | null)[];

/** The grid of the window in ms. */
export function times(window: Window, length: number): number[] {
  return Array.from({ length }, (_, row) => window.start_ms + row * window.step_ms);
}

/** First row at or after this instant, held inside the window. */
export function rowAt(window: Window, ms: number, length: number): number {
  const row = Math.ceil((ms - window.start_ms) / window.step_ms);
  return Math.max(0, Math.min(length - 1, row));
}

/** Where the trouble of this series begins: its own onset, or the nominal split. */
export function onsetRow(finding: Pick<Finding, "onset_ms" | "points">, window: Window): number {
  return rowAt(window, finding.onset_ms ?? window.split_ms, finding.points.length);
}

/** Least and largest value; null where there is none. */
export function extent(points: Points): [number, number] | null {
  let least = Infinity;
  let most = -Infinity;
  for (const value of points) {
    if (value === null) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return least <= most ? [least, most] : null;
}

/** Runs of rows without a value, as [first, last]. */
export function gaps(points: Points): [number, number][] {
  const runs: [number, number][] = [];
  points.forEach((value, row) => {
    if (value !== null) return;
    const last = runs.at(-1);
    if (last?.[1] === row - 1) last[1] = row;
    else runs.push([row, row]);
  });
  return runs;
}

/** Rows that hold a value between two gaps: a line cannot show them, a dot can. */
export function lonely(points: Points): number[] {
  return points.flatMap((value, row) =>
    value !== null && (points[row - 1] ?? null) === null && (points[row + 1] ?? null) === null ? [row] : [],
  );
}

/** The q-quantile by linear interpolation; null without values. */
export function quantile(points: Points, q: number): number | null {
  const sorted = points.filter((value) => value !== null).sort((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const low = sorted[Math.floor(place)];
  const high = sorted[Math.ceil(place)];
  if (low === undefined || high === undefined) return null;
  return low + (high - low) * (place - Math.floor(place));
}

/** Where the series used to be: the 5 % to 95 % quantiles of its rows before the onset. */
export function baselineBand(points: Points, onset: number): [number, number] | null {
  const before = points.slice(0, onset);
  const low = quantile(before, 0.05);
  const high = quantile(before, 0.95);
  return low === null || high === null ? null : [low, high];
}

/** The points before the onset and those from it on, each as long as the whole; they share the onset's row. */
export function halves(points: Points, onset: number): [(number | null)[], (number | null)[]] {
  return [
    points.map((value, row) => (row <= onset ? value : null)),
    points.map((value, row) => (row >= onset ? value : null)),
  ];
}

/** An SVG path through rows `from` to `to` in a `width` x `height` box; a gap lifts the pen. */
export function sparkPath(points: Points, from: number, to: number, width: number, height: number): string {
  const range = extent(points);
  if (range === null) return "";
  const [least, most] = range;
  const x = (row: number) => ((row / Math.max(1, points.length - 1)) * width).toFixed(1);
  const y = (value: number) =>
    (most === least ? height / 2 : height - ((value - least) / (most - least)) * height).toFixed(1);
  let path = "";
  let down = false;
  for (let row = Math.max(0, from); row <= Math.min(to, points.length - 1); row += 1) {
    const value = points[row];
    if (value === null || value === undefined) {
      down = false;
      continue;
    }
    // A closed move draws a dot under round caps, so a lonely point shows too.
    path += down ? `L${x(row)} ${y(value)}` : `M${x(row)} ${y(value)}h0`;
    down = true;
  }
  return path;
}
