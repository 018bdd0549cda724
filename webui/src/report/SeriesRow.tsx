import { memo } from "react";
import type { Finding, Window } from "../api/types";
import { fromTo, score } from "../format/number";
import { clock, utc } from "../format/time";
import { unitOf } from "../format/unit";
import { Glyph } from "../patterns/Glyph";
import { shapeName } from "../patterns/shapes";
import { distinguishing } from "./select";
import { Sparkline } from "./Sparkline";
import classes from "./SeriesRow.module.css";

interface Props {
  finding: Finding;
  window: Window;
  varying: ReadonlySet<string>;
  most: number;
  chosen: boolean;
  onChoose: (rank: number) => void;
}

/** One ranked series as a button: its window, its name, its shape, its change, its score. */
export const SeriesRow = memo(function SeriesRow({ finding, window, varying, most, chosen, onChoose }: Props) {
  const unit = unitOf(finding.name, finding.derivation);
  const share = most > 0 ? Math.max(0, Math.min(1, finding.score / most)) : 0;
  return (
    <button
      type="button"
      className={classes.row}
      data-rank={finding.rank}
      aria-current={chosen}
      tabIndex={chosen ? 0 : -1}
      onClick={() => onChoose(finding.rank)}
    >
      <span className={classes.rank}>{finding.rank}</span>
      <Sparkline finding={finding} window={window} />
      <span className={classes.what}>
        <span className={classes.name}>{finding.name}</span>
        <span className={classes.labels}>
          <b>{finding.entity}</b>
          {distinguishing(finding, varying).map(([name, value]) => (
            <span key={name}>
              {" "}
              {name}={value}
            </span>
          ))}
          {typeof finding.same_as === "number" && <span> like {finding.same_as}</span>}
        </span>
      </span>
      <span className={classes.how}>
        <span className={classes.shape}>
          <Glyph pattern={finding.pattern} size={24} />
          <span className={classes.shapeName}>{shapeName(finding.pattern)}</span>
          <span className={classes.soft}>{Math.round(finding.pattern_probability * 100)}%</span>
        </span>
        <span className={classes.change}>
          {typeof finding.onset_ms === "number" && (
            <span className={classes.soft} title={`onset ${utc(finding.onset_ms)}`}>
              {clock(finding.onset_ms)}
            </span>
          )}
          <span>{fromTo(finding.baseline, finding.peak, unit)}</span>
        </span>
      </span>
      <span className={classes.score}>
        {score(finding.score)}
        <span className={classes.track} aria-hidden="true">
          <span style={{ width: `${(share * 100).toFixed(1)}%` }} />
        </span>
      </span>
    </button>
  );
});
