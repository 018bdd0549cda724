import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useMayChange } from "../api/session";
import type { AlertRead, Progress } from "../api/types";
import { ProgressBar } from "../progress/ProgressBar";
import { quietText } from "../progress/stages";
import { useAnalysisRun } from "../progress/useAnalysisRun";
import { reportPath } from "../routing/paths";
import { IconArrow, IconPulse } from "../ui/icons";
import { Labels } from "../ui/Labels";
import { ProblemNotice } from "../ui/Notice";
import { Time } from "../ui/Time";
import { alertLabels } from "./alertLabels";
import classes from "./AlertRow.module.css";

/** One alert: name, start, labels, its latest report and the button that analyzes it. */
export function AlertRow({ tenant, alert }: { tenant: string; alert: AlertRead }) {
  const run = useAnalysisRun(tenant, progressOf(alert));
  const mayChange = useMayChange();
  const { name, severity, description } = alert;
  return (
    <li className={classes.row} data-status={alert.status}>
      <div className={classes.what}>
        <div className={classes.title}>
          <span className={classes.status}>{alert.status}</span>
          <strong className={classes.name}>{name}</strong>
          {severity !== "" && <span className={classes.severity}>{severity}</span>}
          <span className={classes.since}>
            since <Time ms={alert.starts_at_ms} as="both" />
          </span>
        </div>
        {description !== "" && <p className={classes.text}>{description}</p>}
        {alert.not_analysed !== "" && <p className={classes.reason}>Not analysed: {alert.not_analysed}</p>}
        {alert.joined !== "" && <p className={classes.reason}>Analysed together with {alert.joined}</p>}
        <Labels labels={alertLabels(alert.labels)} />
      </div>
      <div className={classes.act}>
        {run.busy ? (
          <ProgressBar progress={run.progress} />
        ) : (
          <div className={classes.buttons}>
            <LatestReport tenant={tenant} alert={alert} />
            {mayChange && (
              <Button
                size="xs"
                variant={alert.status === "firing" && !alert.report_id && alert.not_analysed === "" ? "filled" : "default"}
                leftSection={<IconPulse size={14} />}
                aria-label={`Analyze ${name}`}
                onClick={() => run.start({ alert_fingerprint: alert.fingerprint })}
              >
                Analyze
              </Button>
            )}
          </div>
        )}
        {!run.busy && run.progress?.stage === "failed" && (
          <span className={classes.failed}>{run.progress.note || "The analysis failed"}</span>
        )}
        {!run.busy && run.progress?.stage === "quiet" && <span className={classes.quiet}>{quietText(run.progress)}</span>}
        {run.error !== null && <ProblemNotice error={run.error} />}
      </div>
    </li>
  );
}

/** How far the latest analysis of the alert is, as the list tells it. */
function progressOf({ request_id, stage, done, of, note, report_id }: AlertRead): Progress | null {
  if (request_id === null || stage === null) return null;
  return { request_id, stage, done, of, note, report_id: report_id ?? "" };
}

function LatestReport({ tenant, alert }: { tenant: string; alert: AlertRead }) {
  if (!alert.report_id) return null;
  return (
    <Link className={classes.report} to={reportPath(tenant, alert.report_id)}>
      Report <IconArrow size={14} />
    </Link>
  );
}
