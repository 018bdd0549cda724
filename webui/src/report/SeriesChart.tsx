import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Finding, Window } from "../api/types";
import { change, inUnit } from "../format/number";
import { moment, utc } from "../format/time";
import { unitOf } from "../format/unit";
import { chartModel } from "./chartData";
import { chartColours, chartOptions } from "./chartOptions";
import classes from "./SeriesChart.module.css";

interface Props {
  finding: Finding;
  window: Window;
  splitName: string;
}

/** The chosen series, large: before and after its onset, its baseline band, gaps, and the value under the pointer. */
export function SeriesChart({ finding, window, splitName }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const [row, setRow] = useState<number | null>(null);
  const unit = unitOf(finding.name, finding.derivation);
  const model = useMemo(() => chartModel(finding, window, splitName), [finding, window, splitName]);

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const { clientWidth: width, clientHeight: height } = element;
    const options = chartOptions({ model, unit, colours: chartColours(element), width, height, onHover: setRow });
    const chart = new uPlot(options, model.data, element);
    const resized = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.destroy();
    };
    // The scheme is not read here, but a change of it changes every colour token.
  }, [model, unit, scheme]);

  return (
    <figure className={classes.figure}>
      <Readout finding={finding} window={window} row={row} onset={model.onset} />
      <div
        ref={place}
        className={classes.plot}
        role="img"
        aria-label={`Chart of ${finding.name}, from ${inUnit(finding.baseline, unit)} to ${inUnit(finding.peak, unit)}`}
      />
    </figure>
  );
}

interface Reading {
  finding: Finding;
  window: Window;
  row: number | null;
  onset: number;
}

/** The value under the pointer, or without one the way from baseline to peak. */
function Readout({ finding, window, row, onset }: Reading) {
  const unit = unitOf(finding.name, finding.derivation);
  if (row === null || row >= finding.points.length) {
    return (
      <figcaption className={classes.readout}>
        <span>
          baseline <b>{inUnit(finding.baseline, unit)}</b>
        </span>
        <span>
          peak <b className={classes.after}>{inUnit(finding.peak, unit)}</b>
        </span>
        <span>{change(finding.baseline, finding.peak)}</span>
      </figcaption>
    );
  }
  const ms = window.start_ms + row * window.step_ms;
  const value = finding.points[row] ?? null;
  return (
    <figcaption className={classes.readout}>
      <span title={utc(ms)}>{moment(ms, window.end_ms)}</span>
      <b className={row >= onset ? classes.after : undefined}>{value === null ? "no data" : inUnit(value, unit)}</b>
    </figcaption>
  );
}
