import { memo } from "react";
import type { Finding, Window } from "../api/types";
import { indexAt, onsetIndex, sparklinePath } from "./geometry";
import classes from "./Sparkline.module.css";

const WIDTH = 120;
const HEIGHT = 32;
const PADDING = 3;

/** Sparkline of one series over the whole window: neutral before its onset, highlighted from it on. */
export const Sparkline = memo(function Sparkline({ finding, window }: { finding: Finding; window: Window }) {
  const { points } = finding;
  const last = points.length - 1;
  const onset = onsetIndex(finding, window);
  const x = (index: number) => (index / Math.max(1, last)) * WIDTH;
  const split = x(indexAt(window, window.split_ms, points.length));
  return (
    <svg
      className={classes.spark}
      viewBox={`0 ${-PADDING} ${WIDTH} ${HEIGHT + 2 * PADDING}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect className={classes.current} x={split} y={-PADDING} width={WIDTH - split} height={HEIGHT + 2 * PADDING} />
      <line className={classes.onset} x1={x(onset)} x2={x(onset)} y1={-PADDING} y2={HEIGHT + PADDING} />
      <path className={classes.before} d={sparklinePath(points, 0, onset, WIDTH, HEIGHT)} />
      <path className={classes.after} d={sparklinePath(points, onset, last, WIDTH, HEIGHT)} />
    </svg>
  );
});
