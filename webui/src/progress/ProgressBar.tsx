import type { Progress } from "../api/types";
import { fraction, isTerminal, stageText } from "./stages";
import classes from "./ProgressBar.module.css";

const INITIAL: Pick<Progress, "stage" | "done" | "of"> = { stage: "accepted", done: 0, of: 0 };

/** Progress of an analysis as a bar with a text; null shows a request whose first event is still to come. */
export function ProgressBar({ progress }: { progress: Progress | null }) {
  const shown = progress ?? INITIAL;
  const value = fraction(shown);
  const text = progress === null ? "sending" : stageText(shown);
  return (
    <div className={classes.progress} data-terminal={isTerminal(shown.stage)} data-stage={shown.stage}>
      <div
        className={classes.track}
        role="progressbar"
        aria-label="Analysis"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(value * 100)}
        aria-valuetext={text}
      >
        <div className={classes.fill} style={{ width: `${value * 100}%` }} />
      </div>
      <span className={classes.text} aria-live="polite">
        {text}
      </span>
    </div>
  );
}
