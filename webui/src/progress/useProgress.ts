import { useEffect, useState } from "react";
import type { Progress } from "../api/types";
import { isTerminal, laterProgress } from "./stages";

/** URL of the event stream of an analysis. */
export function eventsUrl(tenant: string, requestId: string): string {
  return `/api/v1/tenants/${encodeURIComponent(tenant)}/analyses/${encodeURIComponent(requestId)}/events`;
}

function unknownProgress(requestId: string): Progress {
  const note = "The API does not know how far this analysis is. Its report, once made, stands among the reports.";
  return { request_id: requestId, stage: "failed", done: 0, of: 0, note, report_id: "" };
}

/**
 * The progress of one analysis, by server-sent events until it ends; a null `requestId` opens no connection.
 * EventSource reconnects after a lost connection, and the stream starts with the latest state.
 */
export function useProgress(tenant: string, requestId: string | null): Progress | null {
  const [progress, setProgress] = useState<Progress | null>(null);

  useEffect(() => {
    if (requestId === null) return undefined;
    const source = new EventSource(eventsUrl(tenant, requestId));
    const onProgress = (event: MessageEvent<string>) => {
      const received = JSON.parse(event.data) as Progress;
      setProgress((known) => laterProgress(known, received));
      if (isTerminal(received.stage)) source.close();
    };
    // An error response (the API does not know the analysis) closes the source; a lost connection does not.
    const onError = () => {
      if (source.readyState === EventSource.CLOSED) setProgress((known) => laterProgress(known, unknownProgress(requestId)));
    };
    source.addEventListener("progress", onProgress);
    source.addEventListener("error", onError);
    return () => {
      source.removeEventListener("error", onError);
      source.removeEventListener("progress", onProgress);
      source.close();
    };
  }, [tenant, requestId]);

  return progress !== null && progress.request_id === requestId ? progress : null;
}
