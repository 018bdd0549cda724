/** One finding as data for uPlot, without colours, sizes or a canvas. */
import type uPlot from "uplot";
import type { Finding, Window } from "../api/types";
import { baselineBand, extent, gaps, onsetIndex, splitAtOnset, timestamps } from "./geometry";

/** A vertical line with a label. */
export interface Marker {
  ms: number;
  label: string;
  kind: "onset" | "split";
}

/** Everything the chart draws, in the units of its scales: x in seconds, as uPlot's time scale has it. */
export interface ChartModel {
  data: uPlot.AlignedData;
  /** Index of the first point at or after the onset. */
  onset: number;
  band: [number, number] | null;
  current: [number, number];
  gaps: [number, number][];
  markers: Marker[];
  yRange: [number, number];
}

/** Markers of the onset, where there is one, and of the split of the window. */
export function markers(finding: Pick<Finding, "onset_ms">, window: Window, splitLabel: string): Marker[] {
  const split: Marker = { ms: window.split_ms, label: splitLabel, kind: "split" };
  if (typeof finding.onset_ms !== "number") return [split];
  return [{ ms: finding.onset_ms, label: "onset", kind: "onset" }, split];
}

/** Share of the value range left free above and below it. */
const PADDING = 0.08;

/** Range of the y scale: the values with padding; a constant series is centred. */
export function yRange(min: number, max: number): [number, number] {
  if (min === max) {
    const half = Math.abs(min) * 0.1 || 1;
    return [min - half, max + half];
  }
  const padding = (max - min) * PADDING;
  // The axis of a quantity that is never negative does not go below zero.
  const low = min >= 0 && min - padding < 0 ? 0 : min - padding;
  return [low, max + padding];
}

/** The chart of one finding. */
export function chartModel(finding: Finding, window: Window, splitLabel: string): ChartModel {
  const { points } = finding;
  const seconds = timestamps(window, points.length).map((ms) => ms / 1000);
  const onset = onsetIndex(finding, window);
  const [before, after] = splitAtOnset(points, onset);
  const band = baselineBand(points, onset);
  const [min, max] = extent(band === null ? points : [...points, ...band]) ?? [0, 1];
  const at = (index: number) => (window.start_ms + index * window.step_ms) / 1000;
  return {
    data: [seconds, before, after],
    onset,
    band,
    current: [window.split_ms / 1000, window.end_ms / 1000],
    gaps: gaps(points).map(([first, last]) => [at(first - 1), at(last + 1)]),
    markers: markers(finding, window, splitLabel),
    yRange: yRange(min, max),
  };
}
