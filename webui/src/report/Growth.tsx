import type { Report } from "../api/types";
import { Time } from "../ui/Time";
import { changesText } from "./reportText";
import classes from "./Growth.module.css";

/** What this revision changed and when the report is looked at again; nothing for a report that never grew. */
export function Growth({ report }: { report: Report }) {
  const changed = changesText(report.changes);
  if (changed === "" && report.next_look_ms === null) return null;
  return (
    <p className={classes.growth} aria-live="polite" aria-label="Growth of this report">
      {changed !== "" && (
        <span>
          Revision {report.revision}, changed since the one before: <strong>{changed}</strong>.
        </span>
      )}
      {report.next_look_ms !== null && (
        <span>
          {report.status === "failed" ? "The next try is at " : "The next look is at "}
          <Time ms={report.next_look_ms} />.
        </span>
      )}
    </p>
  );
}
