import type { Evidence, Finding, Window } from "../../api/types";
import { SeriesChart } from "../../chart/SeriesChart";
import { chance, plain } from "../../format/number";
import { Glyph } from "../../patterns/Glyph";
import { shapeLabel } from "../../patterns/taxonomy";
import { useTaxonomy } from "../../patterns/useTaxonomy";
import { CopyButton } from "../../ui/CopyButton";
import { IconCheck } from "../../ui/icons";
import { Labels } from "../../ui/Labels";
import { Time } from "../../ui/Time";
import { isLife } from "./isLife";
import { allLabels } from "./seriesLabels";
import classes from "./SeriesDetail.module.css";

interface SeriesDetailProps {
  finding: Finding;
  window: Window;
  splitLabel: string;
}

/** The selected series: chart, query, labels, score breakdown and evidence. */
export function SeriesDetail({ finding, window, splitLabel }: SeriesDetailProps) {
  return (
    <section className={classes.detail} aria-label={`Series ${finding.rank}: ${finding.name}`}>
      <header className={classes.head}>
        <h2 className={classes.name}>{finding.name}</h2>
        <Shape finding={finding} />
      </header>
      <SeriesChart finding={finding} window={window} splitLabel={splitLabel} />
      <div className={classes.query}>
        <pre tabIndex={0} aria-label="PromQL expression">
          {finding.expression}
        </pre>
        <CopyButton text={finding.expression} label="Copy PromQL" />
      </div>
      <Labels labels={allLabels(finding)} />
      {finding.course !== "" && <p className={classes.why}>{finding.course}</p>}
      {finding.why && <p className={classes.why}>{finding.why}</p>}
      <EvidenceList evidence={finding.evidence} />
    </section>
  );
}

/** The shape in words: its label, how sure it is, its type, the onset. */
function Shape({ finding }: { finding: Finding }) {
  const taxonomy = useTaxonomy();
  // By its last rows: the taxonomy knows only what such a shape usually is.
  const typeLabel = { 0: "", 1: "still abnormal", 2: "recovered" }[finding.pattern_type];
  const sure = `${chance(finding.pattern_probability)} sure${typeLabel !== "" ? `, ${typeLabel}` : ""}`;
  return (
    <div className={classes.shape}>
      <Glyph pattern={finding.pattern} type={finding.pattern_type} />
      <strong>{isLife(finding) ? finding.event : shapeLabel(taxonomy, finding.pattern)}</strong>
      {!isLife(finding) && <span>{sure}</span>}
      {typeof finding.onset_ms === "number" && (
        <span>
          from <Time ms={finding.onset_ms} />
        </span>
      )}
    </div>
  );
}

function EvidenceList({ evidence }: { evidence: readonly Evidence[] }) {
  return (
    <ul className={classes.evidence} aria-label="Evidence">
      {evidence.map((each) => (
        <li key={each.detector} data-flagged={each.flagged}>
          <span className={classes.mark}>{each.flagged ? <IconCheck size={13} /> : "·"}</span>
          <span className={classes.detector}>{each.detector.replaceAll("_", " ")}</span>
          <span>{each.text}</span>
          <span className={classes.measure}>
            {plain(each.value)}
            {typeof each.threshold === "number" && `, needs ${plain(each.threshold)}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
