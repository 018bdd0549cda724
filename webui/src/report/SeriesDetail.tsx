import type { Finding, Window } from "../api/types";
import { plain } from "../format/number";
import { Glyph } from "../patterns/Glyph";
import { shapeName, typeName } from "../patterns/shapes";
import { CopyButton } from "../ui/CopyButton";
import { IconCheck } from "../ui/icons";
import { Labels } from "../ui/Labels";
import { Time } from "../ui/Time";
import { allLabels } from "./select";
import { SeriesChart } from "./SeriesChart";
import classes from "./SeriesDetail.module.css";

interface Props {
  finding: Finding;
  window: Window;
  splitName: string;
}

/** Everything about the chosen series: its chart, its query, its labels, and why it stands here. */
export function SeriesDetail({ finding, window, splitName }: Props) {
  return (
    <section className={classes.detail} aria-label={`Series ${finding.rank}: ${finding.name}`}>
      <header className={classes.head}>
        <h2 className={classes.name}>{finding.name}</h2>
        <div className={classes.shape}>
          <Glyph pattern={finding.pattern} />
          <strong>{shapeName(finding.pattern)}</strong>
          <span>
            {Math.round(finding.pattern_probability * 100)}% sure, {typeName(finding.pattern_type)}
          </span>
          {typeof finding.onset_ms === "number" && (
            <span>
              from <Time ms={finding.onset_ms} />
            </span>
          )}
        </div>
      </header>
      <SeriesChart finding={finding} window={window} splitName={splitName} />
      <div className={classes.query}>
        <pre tabIndex={0} aria-label="PromQL expression">
          {finding.expression}
        </pre>
        <CopyButton text={finding.expression} label="Copy PromQL" />
      </div>
      <Labels labels={allLabels(finding)} />
      {finding.why && <p className={classes.why}>{finding.why}</p>}
      <ul className={classes.evidence} aria-label="Evidence">
        {finding.evidence.map((each) => (
          <li key={each.detector} data-flagged={each.flagged}>
            <span className={classes.mark}>{each.flagged ? <IconCheck size={13} /> : "·"}</span>
            <span className={classes.detector}>{each.detector.replaceAll("_", " ")}</span>
            <span>{each.text}</span>
            <span className={classes.measure}>
              {plain(each.value)}
              {typeof each.threshold === "number" && ` of ${plain(each.threshold)} needed`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
