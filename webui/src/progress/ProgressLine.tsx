import type { Progress } from "../api/types";
import { ended, fraction, stageText } from "./stages";
import classes from "./ProgressLine.module.css";

const SENT: Pick<Progress, "stage" | "done" | "of"> = { stage: "accepted", done: 0, of: 0 };

/** How far an analysis is, as a bar and in words; before the first word of it, as just sent. */
export function ProgressLine({ progress }: { progress: Progress | null }) {
  const shown = progress ?? SENT;
  const share = fraction(shown);
  const words = progress === null ? "sending" : stageText(shown);
  return (
    <div className={classes.line} data-ended={ended(shown.stage)} data-stage={shown.stage}>
      <div
        className={classes.track}
        role="progressbar"
        aria-label="Analysis"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={words}
      >
        <div className={classes.fill} style={{ width: `${share * 100}%` }} />
      </div>
      <span className={classes.words} aria-live="polite">
        {words}
      </span>
    </div>
  );
}
