import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { TenantEvent } from "../events/followEvents";
import { reportKey } from "../api/queries";
import { subscribeEvents } from "../events/subscribeEvents";
import type { Progress, Report, ReportRevision } from "../api/types";
import { isTerminal, laterProgress } from "../progress/stages";
import { progressKey } from "../progress/useProgress";

/** In a storm analyses end many times a second; the lists are loaded again once in this time. */
const LISTS_MS = 1_000;

/** Brings what happens in the tenant into the queries of all views, as it happens. */
export function useLiveData(tenant: string): void {
  const queries = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const loadLists = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: [tenant, "alerts"] });
        void queries.invalidateQueries({ queryKey: [tenant, "reports"] });
      }, LISTS_MS);
    };
    const unsubscribe = subscribeEvents(tenant, (event) => {
      if (bringIn(queries, tenant, event)) loadLists();
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [tenant, queries]);
}

/** Brings in one event; whether it changes what the lists show. */
export function bringIn(queries: QueryClient, tenant: string, event: TenantEvent): boolean {
  switch (event.name) {
    case "progress": {
      const received = event.data as Progress;
      queries.setQueryData<Progress>(progressKey(tenant, received.request_id), (known) =>
        laterProgress(known ?? null, received),
      );
      return isTerminal(received.stage);
    }
    case "revision": {
      const { report_id, revision } = event.data as ReportRevision;
      const queryKey = reportKey(tenant, report_id);
      const known = queries.getQueryData<Report | null>(queryKey) ?? null;
      if (known === null || known.revision < revision) void queries.invalidateQueries({ queryKey });
      return true;
    }
    case "reset":
      void queries.invalidateQueries({ queryKey: [tenant] });
      return false;
  }
}
