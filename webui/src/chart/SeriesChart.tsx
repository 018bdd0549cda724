import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Finding, Window } from "../api/types";
import { change, formatValue } from "../format/number";
import { localTime, utc, zone } from "../format/time";
import { chartColours } from "../theme/chartColours";
import { chartModel } from "./chartData";
import { chartOptions } from "./chartOptions";
import classes from "./SeriesChart.module.css";

interface SeriesChartProps {
  finding: Finding;
  window: Window;
  splitLabel: string;
}

/** The selected series: lines before and after its onset, baseline band, gaps, and the value under the cursor. */
export function SeriesChart({ finding, window, splitLabel }: SeriesChartProps) {
  const container = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const [hovered, setHovered] = useState<number | null>(null);
  const { unit } = finding;
  const model = useMemo(() => chartModel(finding, window, splitLabel), [finding, window, splitLabel]);

  useEffect(() => {
    const element = container.current;
    if (element === null) return undefined;
    const { clientWidth: width, clientHeight: height } = element;
    const options = chartOptions({ model, unit, colours: chartColours(element), width, height, onHover: setHovered });
    const chart = new uPlot(options, model.data, element);
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
    // The effect does not read the scheme, but a change of it changes every colour token.
  }, [model, unit, scheme]);

  return (
    <figure className={classes.figure}>
      <Readout finding={finding} window={window} index={hovered} onset={model.onset} />
      <div
        ref={container}
        className={classes.plot}
        role="img"
        aria-label={`Chart of ${finding.name}, from ${formatValue(finding.baseline, unit)} to ${formatValue(finding.peak, unit)}`}
      />
    </figure>
  );
}

interface ReadoutProps {
  finding: Finding;
  window: Window;
  /** Index of the point under the cursor; null without one. */
  index: number | null;
  onset: number;
}

/** Time and value of the point under the cursor, or without one baseline, peak and their ratio. */
function Readout({ finding, window, index, onset }: ReadoutProps) {
  const { unit } = finding;
  if (index === null || index >= finding.points.length) {
    return (
      <figcaption className={classes.readout}>
        <span>
          baseline <b>{formatValue(finding.baseline, unit)}</b>
        </span>
        <span>
          peak <b className={classes.after}>{formatValue(finding.peak, unit)}</b>
        </span>
        <span>{change(finding.baseline, finding.peak)}</span>
        <span>times in {zone(window.end_ms)}</span>
      </figcaption>
    );
  }
  const ms = window.start_ms + index * window.step_ms;
  const value = finding.points[index] ?? null;
  return (
    <figcaption className={classes.readout}>
      <span title={utc(ms)}>{localTime(ms, window.end_ms)}</span>
      <b className={index >= onset ? classes.after : undefined}>{value === null ? "no data" : formatValue(value, unit)}</b>
    </figcaption>
  );
}
