import { Loader } from "@mantine/core";
import { useAlerts } from "../api/queries";
import { pluralize } from "../format/number";
import { usePageTitle } from "../routing/usePageTitle";
import { useTenant } from "../routing/useTenant";
import { EmptyState, ProblemNotice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import { AlertRow } from "./AlertRow";
import { sortAlerts } from "./alertSort";
import { LatestReports } from "./LatestReports";
import { SelectorForm } from "./SelectorForm";
import classes from "./AlertsPage.module.css";

/** The alerts of the tenant; beside them the form that analyzes any selector, and the latest reports. */
export function AlertsPage() {
  const tenant = useTenant();
  const alerts = useAlerts(tenant);
  const firing = alerts.data?.filter((alert) => alert.status === "firing").length ?? 0;
  usePageTitle(firing > 0 ? `(${firing}) Alerts` : "Alerts");
  return (
    <div className={classes.page}>
      <Panel
        title="Alerts"
        aside={alerts.data === undefined ? "" : `${pluralize(firing, "firing", "firing")} of ${alerts.data.length}`}
      >
        {alerts.isPending && <Loader size="sm" m="lg" aria-label="Loading the alerts" />}
        {alerts.isError && <ProblemNotice error={alerts.error} retry={() => void alerts.refetch()} />}
        {alerts.data?.length === 0 && (
          <EmptyState title="No alert has come in">
            Point a webhook of Alertmanager at <code>/api/v1/tenants/{tenant}/webhooks/alertmanager</code>, or analyze
            a selector.
          </EmptyState>
        )}
        {alerts.data !== undefined && alerts.data.length > 0 && (
          <ul className={classes.list} aria-label="Alerts">
            {sortAlerts(alerts.data).map((alert) => (
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
