import type { ReactNode } from "react";
import type { Report } from "../api/types";
import { count } from "../format/number";
import { clock, duration, localTime, utc, zone } from "../format/time";
import { Time } from "../ui/Time";
import { useNow } from "../ui/useNow";
import { alertsText, changedText, onsetAgainstAlert, skippedText } from "./reportText";
import classes from "./ReportMetadata.module.css";

/** What was analysed and how: since when, window, counts, selector, model. */
export function ReportMetadata({ report }: { report: Report }) {
  const now = useNow(60_000);
  const { window, counts } = report;
  const skipped = skippedText(counts.skipped);
  return (
    <dl className={classes.metadata}>
      {typeof report.onset_ms === "number" && (
        <Item name="First changes" note={onsetAgainstAlert(report)} strong>
          <Time ms={report.onset_ms} />
        </Item>
      )}
      <Item name="Window" note={`${duration(window.end_ms - window.start_ms)} in steps of ${duration(window.step_ms)}`}>
        <span title={`${utc(window.start_ms)} to ${utc(window.end_ms)}`}>
          {localTime(window.start_ms, now, false)} – {clock(window.end_ms, false)} {zone(window.end_ms)}
        </span>
      </Item>
      <Item name="Changed" note={changedText(counts)}>
        {count(counts.flagged)} series
      </Item>
      <Item name="Selected" note={skipped === "" ? "none skipped" : `skipped: ${skipped}`}>
        {count(counts.selected)} series
      </Item>
      {report.alerts_total > 1 && (
        <Item name="Answers" note={alertsText(report)}>
          {count(report.alerts_total)} alerts
        </Item>
      )}
      <Item name="Selector" note={report.model === "" ? "" : `shapes by ${report.model}`} wide>
        <code>{report.selector}</code>
      </Item>
    </dl>
  );
}

interface ItemProps {
  name: string;
  note: string;
  strong?: boolean;
  wide?: boolean;
  children: ReactNode;
}

function Item({ name, note, strong = false, wide = false, children }: ItemProps) {
  return (
    <div className={classes.item} data-wide={wide}>
      <dt>{name}</dt>
      <dd data-strong={strong}>{children}</dd>
      {note !== "" && <dd className={classes.note}>{note}</dd>}
    </div>
  );
}
