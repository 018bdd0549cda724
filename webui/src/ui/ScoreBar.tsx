import { plain } from "../format/number";
import classes from "./ScoreBar.module.css";

/** A score, drawn against the largest of its list. */
export function ScoreBar({ score, most }: { score: number; most: number }) {
  const share = most > 0 ? Math.max(0, Math.min(1, score / most)) : 0;
  return (
    <span className={classes.bar}>
      <span className={classes.track} aria-hidden="true">
        <span className={classes.fill} style={{ width: `${(share * 100).toFixed(1)}%` }} />
      </span>
      <span className={classes.value}>{plain(score)}</span>
    </span>
  );
}
