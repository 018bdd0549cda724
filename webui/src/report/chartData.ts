import type uPlot from "uplot";
import type { Finding, Window } from "../api/types";
import { baselineBand, extent, gaps, halves, onsetRow, times } from "./geometry";

/** A vertical line of the chart. */
export interface Marker {
  ms: number;
  text: string;
  kind: "onset" | "split";
}

/** Everything the chart draws, in data coordinates (x in seconds, as uPlot wants it). */
export interface ChartModel {
  data: uPlot.AlignedData;
  onset: number;
  band: [number, number] | null;
  baseline: number;
  current: [number, number];
  gaps: [number, number][];
  markers: Marker[];
  range: [number, number];
}

/** The nominal split is the alert's start where an alert asked; otherwise the time that was given. */
export function markers(finding: Pick<Finding, "onset_ms">, window: Window, splitName: string): Marker[] {
  const split: Marker = { ms: window.split_ms, text: splitName, kind: "split" };
  if (typeof finding.onset_ms !== "number") return [split];
  return [{ ms: finding.onset_ms, text: "onset", kind: "onset" }, split];
}

const ROOM = 0.08;

/** The y range: all values and the baseline, with some room; a flat line stands in the middle. */
export function yRange(least: number, most: number): [number, number] {
  if (least === most) {
    const half = Math.abs(least) * 0.1 || 1;
    return [least - half, most + half];
  }
  const room = (most - least) * ROOM;
  // A quantity that is never negative does not get an axis below zero.
  const low = least >= 0 && least - room < 0 ? 0 : least - room;
  return [low, most + room];
}

/** The chart of one finding. */
export function chartModel(finding: Finding, window: Window, splitName: string): ChartModel {
  const { points } = finding;
  const seconds = times(window, points.length).map((ms) => ms / 1000);
  const onset = onsetRow(finding, window);
  const [before, after] = halves(points, onset);
  const band = baselineBand(points, onset);
  const [least, most] = extent(band === null ? points : [...points, ...band]) ?? [0, 1];
  const at = (row: number) => (window.start_ms + row * window.step_ms) / 1000;
  return {
    data: [seconds, before, after],
    onset,
    band,
    baseline: finding.baseline,
    current: [window.split_ms / 1000, window.end_ms / 1000],
    gaps: gaps(points).map(([first, last]) => [at(first - 1), at(last + 1)]),
    markers: markers(finding, window, splitName),
    range: yRange(least, most),
  };
}
