import { useAlerts } from "../api/queries";
import { useMayChange } from "../api/session";
import { count, pluralize } from "../format/number";
import { usePageTitle } from "../routing/usePageTitle";
import { useTenant } from "../routing/useTenant";
import { MoreButton } from "../ui/MoreButton";
import { EmptyState } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import { QueryStatus } from "../ui/QueryStatus";
import { AlertRow } from "./AlertRow";
import { LatestReports } from "./LatestReports";
import { SelectorForm } from "./SelectorForm";
import classes from "./AlertsPage.module.css";

/** The alerts of the tenant, in the server's order; beside them the form that analyzes any selector, and the latest reports. */
export function AlertsPage() {
  const tenant = useTenant();
  const alerts = useAlerts(tenant);
  const mayChange = useMayChange();
  const { data } = alerts;
  const firing = data?.firing ?? 0;
  usePageTitle(firing > 0 ? `(${firing}) Alerts` : "Alerts");
  return (
    <div className={classes.page}>
      <Panel title="Alerts" aside={data === undefined ? "" : `${pluralize(firing, "firing", "firing")} of ${count(data.total)}`}>
        <QueryStatus query={alerts} what="the alerts" />
        {data?.total === 0 && (
          <EmptyState title="No alerts yet">
            Point a webhook of Alertmanager at <code>/api/v1/tenants/{tenant}/webhooks/alertmanager</code>, or analyze
            a selector.
          </EmptyState>
        )}
        {data !== undefined && data.alerts.length > 0 && (
          <ul className={classes.list} aria-label="Alerts">
            {data.alerts.map((alert) => (
              <AlertRow key={alert.fingerprint} tenant={tenant} alert={alert} />
            ))}
          </ul>
        )}
        <MoreButton
          shown={data?.alerts.length ?? 0}
          total={data?.total ?? 0}
          more={alerts.hasNextPage}
          loading={alerts.isFetchingNextPage}
          onMore={() => void alerts.fetchNextPage()}
        />
      </Panel>
      <aside className={classes.side} aria-label="Analyze something else">
        {mayChange && <SelectorForm key={tenant} tenant={tenant} />}
        <LatestReports tenant={tenant} />
      </aside>
    </div>
  );
}
