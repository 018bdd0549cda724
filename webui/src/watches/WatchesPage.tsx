import { useWatchOrder, useWatches } from "../api/watchQueries";
import { useMayChange } from "../api/session";
import { pluralize } from "../format/number";
import { usePageTitle } from "../routing/usePageTitle";
import { useTenant } from "../routing/useTenant";
import { EmptyState, ProblemNotice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import { QueryStatus } from "../ui/QueryStatus";
import { useNow } from "../ui/useNow";
import { WatchForm } from "./WatchForm";
import { WatchList } from "./WatchList";
import classes from "./WatchesPage.module.css";

/** What is watched without an alert, live: how each watch does, what stands out, what is muted. */
export function WatchesPage() {
  const tenant = useTenant();
  const watches = useWatches(tenant);
  const order = useWatchOrder(tenant);
  const mayChange = useMayChange();
  const now = useNow(5_000);
  usePageTitle("Watches");
  const { data } = watches;
  const open = data?.filter((each) => !each.watch.paused && each.state?.condition === "open").length ?? 0;
  return (
    <div className={classes.page}>
      <Panel
        title="Watches"
        aside={data !== undefined && data.length > 0 && `${open} open of ${pluralize(data.length, "watch", "watches")}`}
      >
        <QueryStatus query={watches} what="the watches" />
        {order.isError && <ProblemNotice error={order.error} />}
        {data?.length === 0 && (
          <EmptyState title="Nothing is watched">
            Name a cluster and its series: it is looked at every minute, and a report opens by itself when something is
            really wrong.
          </EmptyState>
        )}
        {data !== undefined && data.length > 0 && (
          <WatchList tenant={tenant} watches={data} nowMs={now} onOrder={order.mutate} />
        )}
      </Panel>
      {mayChange && (
        <aside aria-label="Watch something else">
          <WatchForm tenant={tenant} known={data?.map((each) => each.watch.name) ?? []} />
        </aside>
      )}
    </div>
  );
}
