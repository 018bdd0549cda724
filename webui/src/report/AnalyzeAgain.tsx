import { Button } from "@mantine/core";
import type { Report } from "../api/types";
import { ProgressLine } from "../progress/ProgressLine";
import { useRun } from "../progress/useRun";
import { ProblemNotice } from "../ui/Notice";
import { sameAgain } from "./facts";
import classes from "./Headline.module.css";

/** What else to do with a report: make it once more, or take it as JSON. */
export function AnalyzeAgain({ report }: { report: Report }) {
  const run = useRun(report.tenant);
  return (
    <div className={classes.again}>
      {run.error !== null && <ProblemNotice error={run.error} />}
      {run.busy ? (
        <ProgressLine progress={run.progress} />
      ) : (
        <Button size="compact-xs" variant="default" onClick={() => run.start(sameAgain(report))}>
          Analyze again
        </Button>
      )}
      <a href={`/api/v1/tenants/${encodeURIComponent(report.tenant)}/reports/${encodeURIComponent(report.report_id)}`}>
        JSON
      </a>
    </div>
  );
}
