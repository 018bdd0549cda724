import { memo } from "react";
import type { Finding, Window } from "../api/types";
import { onsetRow, rowAt, sparkPath } from "./geometry";
import classes from "./Sparkline.module.css";

const WIDTH = 120;
const HEIGHT = 32;
const PAD = 3;

/** The whole window of one series, small: grey before its onset, warm from it on. */
export const Sparkline = memo(function Sparkline({ finding, window }: { finding: Finding; window: Window }) {
  const { points } = finding;
  const last = points.length - 1;
  const onset = onsetRow(finding, window);
  const x = (row: number) => (row / Math.max(1, last)) * WIDTH;
  const split = x(rowAt(window, window.split_ms, points.length));
  return (
    <svg
      className={classes.spark}
      viewBox={`0 ${-PAD} ${WIDTH} ${HEIGHT + 2 * PAD}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect className={classes.current} x={split} y={-PAD} width={WIDTH - split} height={HEIGHT + 2 * PAD} />
      <line className={classes.onset} x1={x(onset)} x2={x(onset)} y1={-PAD} y2={HEIGHT + PAD} />
      <path className={classes.before} d={sparkPath(points, 0, onset, WIDTH, HEIGHT)} />
      <path className={classes.after} d={sparkPath(points, onset, last, WIDTH, HEIGHT)} />
    </svg>
  );
});
