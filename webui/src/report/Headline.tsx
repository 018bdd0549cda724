import { Link } from "react-router";
import type { Report } from "../api/types";
import { reportsPath } from "../routing/paths";
import { triggerLabel } from "../summary/labels";
import { Verdict } from "../summary/Verdict";
import { IconBack } from "../ui/icons";
import { Notice } from "../ui/Notice";
import { Time } from "../ui/Time";
import { AnalyzeAgain } from "./AnalyzeAgain";
import { EpisodeMark } from "./EpisodeMark";
import { Growth } from "./Growth";
import { missingText } from "./reportText";
import { VerdictFields } from "./VerdictFields";
import classes from "./Headline.module.css";

/** The verdict as the heading; above it the trigger and the title, below it why a report failed or is partial. */
export function Headline({ report }: { report: Report }) {
  return (
    <header className={classes.head}>
      <div className={classes.over}>
        <Link to={reportsPath(report.tenant)} className={classes.back}>
          <IconBack size={13} /> Reports
        </Link>
        <span>{triggerLabel(report.trigger)}</span>
        <span className={classes.title}>{report.title}</span>
        <Time ms={report.published_at_ms ?? report.requested_at_ms} as="both" />
        <AnalyzeAgain report={report} />
      </div>
      <h1 className={classes.verdict}>
        <Verdict parts={report.verdict_parts} />
      </h1>
      <VerdictFields report={report} />
      <Growth report={report} />
      <EpisodeMark report={report} />
      {report.status === "failed" && <Notice tone="error" title="This analysis failed">{report.reason}</Notice>}
      {report.status === "partial" && (
        <Notice tone="warn" title="This report is partial: some series are missing from it">
          {report.reason}
          {missingText(report.missing).map((line) => (
            <div key={line}>{line}</div>
          ))}
        </Notice>
      )}
      {report.notes.length > 0 && (
        <Notice tone="note" title={report.notes[0] ?? ""}>
          {report.notes.slice(1).map((note) => (
            <div key={note}>{note}</div>
          ))}
        </Notice>
      )}
    </header>
  );
}
