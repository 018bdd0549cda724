import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, unwrap } from "../api/client";
import { asProblem } from "../api/problem";
import type { Progress } from "../api/types";
import { isTerminal, laterProgress } from "./stages";

/** For events that are lost or held up on their way. */
const INTERVAL_MS = 3_000;
/** A conclusion without a report that can be read: it comes over another way, or has been deleted. */
const REPORT_WAIT_MS = 15_000;

/** Where the events of the tenant's stream and the answers of the API put how far an analysis is. */
export const progressKey = (tenant: string, requestId: string) => [tenant, "progress", requestId];

/** Whether nothing follows: the analysis is over, and its report can be read. */
export function isOver(progress: Progress): boolean {
  return isTerminal(progress.stage) && !(progress.stage === "concluded" && progress.report_id === "");
}

function failed(requestId: string, note: string): Progress {
  return { request_id: requestId, stage: "failed", done: 0, of: 0, note, report_id: "" };
}

/** How far one analysis is, by the events of the tenant's stream; with `ask` the API is asked for it too, until it is over. */
export function useProgress(tenant: string, requestId: string | null, ask: boolean): Progress | null {
  const client = useQueryClient();
  const queryKey = progressKey(tenant, requestId ?? "");
  const query = useQuery({
    queryKey,
    queryFn:
      requestId === null || !ask
        ? skipToken
        : async ({ signal }) => {
            const path = { tenant, request_id: requestId };
            const answer = await unwrap(
              api.GET("/api/v1/tenants/{tenant}/analyses/{request_id}", { params: { path }, signal }),
            );
            // An event may have overtaken the answer.
            return laterProgress(client.getQueryData<Progress>(queryKey) ?? null, answer);
          },
    refetchInterval: ({ state }) => (state.data !== undefined && isOver(state.data) ? false : INTERVAL_MS),
  });
  const progress = query.data ?? null;
  const waits = ask && progress?.stage === "concluded" && !isOver(progress);
  const gone = useElapsed(waits, REPORT_WAIT_MS);
  if (requestId === null) return null;
  if (waits && gone) return failed(requestId, "The report of this analysis cannot be read; it may have been deleted.");
  if (progress === null && query.isError) return failed(requestId, asProblem(query.error).message);
  return progress;
}

/** Whether `running` has been true for `ms`. */
function useElapsed(running: boolean, ms: number): boolean {
  const [elapsed, setElapsed] = useState(false);
  useEffect(() => {
    if (!running) return undefined;
    const timer = setTimeout(() => setElapsed(true), ms);
    return () => {
      clearTimeout(timer);
      setElapsed(false);
    };
  }, [running, ms]);
  return elapsed;
}
