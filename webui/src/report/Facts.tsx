import type { ReactNode } from "react";
import type { Report } from "../api/types";
import { count } from "../format/number";
import { clock, moment, span, utc } from "../format/time";
import { Time } from "../ui/Time";
import { useNow } from "../ui/useNow";
import { changedText, onsetAgainstAlert, skippedText } from "./facts";
import classes from "./Facts.module.css";

/** What the verdict rests on: times, counts, selector, model. */
export function Facts({ report }: { report: Report }) {
  const now = useNow(60_000);
  const { window, counts } = report;
  const skipped = skippedText(counts.skipped);
  return (
    <dl className={classes.facts}>
      {typeof report.onset_ms === "number" && (
        <Fact name="Onset" note={onsetAgainstAlert(report)} strong>
          <Time ms={report.onset_ms} />
        </Fact>
      )}
      <Fact name="Window" note={`${span(window.end_ms - window.start_ms)} in steps of ${span(window.step_ms)}`}>
        <span title={`${utc(window.start_ms)} to ${utc(window.end_ms)}`}>
          {moment(window.start_ms, now, false)} – {clock(window.end_ms, false)}
        </span>
      </Fact>
      <Fact name="Changed" note={changedText(counts)}>
        {count(counts.flagged)} series
      </Fact>
      <Fact name="Selected" note={skipped === "" ? "none skipped" : `skipped: ${skipped}`}>
        {count(counts.selected)} series
      </Fact>
      <Fact name="Selector" note={report.model === "" ? "" : `shapes by ${report.model}`} wide>
        <code>{report.selector}</code>
      </Fact>
    </dl>
  );
}

interface FactProps {
  name: string;
  note: string;
  strong?: boolean;
  wide?: boolean;
  children: ReactNode;
}

function Fact({ name, note, strong = false, wide = false, children }: FactProps) {
  return (
    <div className={classes.fact} data-wide={wide}>
      <dt>{name}</dt>
      <dd data-strong={strong}>{children}</dd>
      {note !== "" && <dd className={classes.note}>{note}</dd>}
    </div>
  );
}
