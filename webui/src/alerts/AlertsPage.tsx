import { Loader } from "@mantine/core";
import { useAlerts } from "../api/queries";
import { usePageTitle } from "../app/usePageTitle";
import { useTenant } from "../app/useTenant";
import { counted } from "../format/number";
import { Empty, ProblemNotice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import { AlertRow } from "./AlertRow";
import { LatestReports } from "./LatestReports";
import { inOrder } from "./order";
import { SelectorForm } from "./SelectorForm";
import classes from "./AlertsPage.module.css";

/** What fires now, each with its Analyze button; beside it the form for everything else. */
export function AlertsPage() {
  const tenant = useTenant();
  const alerts = useAlerts(tenant);
  const firing = alerts.data?.filter((alert) => alert.status === "firing").length ?? 0;
  usePageTitle(firing > 0 ? `(${firing}) Alerts` : "Alerts");
  return (
    <div className={classes.page}>
      <Panel
        title="Alerts"
        aside={alerts.data === undefined ? "" : `${counted(firing, "firing", "firing")} of ${alerts.data.length}`}
      >
        {alerts.isPending && <Loader size="sm" m="lg" aria-label="Loading the alerts" />}
        {alerts.isError && <ProblemNotice error={alerts.error} retry={() => void alerts.refetch()} />}
        {alerts.data?.length === 0 && (
          <Empty title="No alert has come in">
            Point a webhook of Alertmanager at <code>/api/v1/tenants/{tenant}/webhooks/alertmanager</code>, or analyze
            a selector.
          </Empty>
        )}
        {alerts.data !== undefined && alerts.data.length > 0 && (
          <ul className={classes.list} aria-label="Alerts">
            {inOrder(alerts.data).map((alert) => (
              <AlertRow key={alert.fingerprint} tenant={tenant} alert={alert} />
            ))}
          </ul>
        )}
      </Panel>
      <aside className={classes.side} aria-label="Analyze something else">
        <SelectorForm key={tenant} tenant={tenant} />
        <LatestReports tenant={tenant} />
      </aside>
    </div>
  );
}
