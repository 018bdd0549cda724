import { memo } from "react";
import type { Finding, Window } from "../../api/types";
import { Sparkline } from "../../chart/Sparkline";
import { chance, fromTo, score } from "../../format/number";
import { clock, utc, zone } from "../../format/time";
import { Glyph } from "../../patterns/Glyph";
import { isLife } from "./isLife";
import { shownLabels } from "./seriesLabels";
import classes from "./SeriesRow.module.css";

interface SeriesRowProps {
  finding: Finding;
  /** Label of the shape. */
  shape: string;
  window: Window;
  maxScore: number;
  selected: boolean;
  onSelect: (rank: number) => void;
}

/** One series as a button: sparkline, name and labels, shape, change, score. */
export const SeriesRow = memo(function SeriesRow(props: SeriesRowProps) {
  const { finding, shape, window, maxScore, selected, onSelect } = props;
  const share = maxScore > 0 ? Math.max(0, Math.min(1, finding.score / maxScore)) : 0;
  return (
    <button
      type="button"
      className={classes.row}
      data-rank={finding.rank}
      aria-current={selected}
      tabIndex={selected ? 0 : -1}
      onClick={() => onSelect(finding.rank)}
    >
      <span className={classes.rank}>{finding.rank}</span>
      <Sparkline finding={finding} window={window} />
      <NameAndLabels finding={finding} />
      <ShapeAndChange finding={finding} shape={shape} />
      <span className={classes.score}>
        {score(finding.score)}
        <span className={classes.track} aria-hidden="true">
          <span style={{ width: `${(share * 100).toFixed(1)}%` }} />
        </span>
      </span>
    </button>
  );
});

function NameAndLabels({ finding }: Pick<SeriesRowProps, "finding">) {
  return (
    <span className={classes.what}>
      <span className={classes.name}>{finding.name}</span>
      <span className={classes.labels}>
        <b>{finding.entity}</b>
        {shownLabels(finding).map(([name, value]) => (
          <span key={name}>
            {" "}
            {name}={value}
          </span>
        ))}
        {typeof finding.same_as === "number" && <span> · like {finding.same_as}</span>}
      </span>
    </span>
  );
}

function ShapeAndChange({ finding, shape }: Pick<SeriesRowProps, "finding" | "shape">) {
  return (
    <span className={classes.how}>
      <span className={classes.shape}>
        <Glyph pattern={finding.pattern} type={finding.pattern_type} size={24} />
        <span className={classes.shapeName}>{isLife(finding) ? finding.event : shape}</span>
        {!isLife(finding) && <span className={classes.soft}>{chance(finding.pattern_probability)}</span>}
      </span>
      <span className={classes.change}>
        {typeof finding.onset_ms === "number" && (
          <span className={classes.soft} title={`onset ${utc(finding.onset_ms)}`}>
            {clock(finding.onset_ms)} {zone(finding.onset_ms)}
          </span>
        )}
        <span>{fromTo(finding.baseline, finding.peak, finding.unit)}</span>
      </span>
    </span>
  );
}
