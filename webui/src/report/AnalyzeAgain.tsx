import { Button } from "@mantine/core";
import { useMayChange } from "../api/session";
import type { Report } from "../api/types";
import { ProgressBar } from "../progress/ProgressBar";
import { useAnalysisRun } from "../progress/useAnalysisRun";
import { ProblemNotice } from "../ui/Notice";
import { rerunRequest } from "./rerun";
import classes from "./Headline.module.css";

/** Actions on a report: repeat the analysis, or open the report as JSON. */
export function AnalyzeAgain({ report }: { report: Report }) {
  const run = useAnalysisRun(report.tenant);
  const mayChange = useMayChange();
  return (
    <div className={classes.again}>
      {run.error !== null && <ProblemNotice error={run.error} />}
      {run.busy ? (
        <ProgressBar progress={run.progress} />
      ) : (
        mayChange && (
          <Button size="compact-xs" variant="default" onClick={() => run.start(rerunRequest(report))}>
            Analyze again
          </Button>
        )
      )}
      <a href={`/api/v1/tenants/${encodeURIComponent(report.tenant)}/reports/${encodeURIComponent(report.report_id)}`}>
        JSON
      </a>
    </div>
  );
}
