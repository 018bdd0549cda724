import { useEffect, useState } from "react";
import type { Progress } from "../api/types";
import { ended, later } from "./stages";

/** Where an analysis tells how far it has come; the same address that starting one answers. */
export function eventsUrl(tenant: string, requestId: string): string {
  return `/api/v1/tenants/${encodeURIComponent(tenant)}/analyses/${encodeURIComponent(requestId)}/events`;
}

function unknown(requestId: string): Progress {
  const note = "The API does not know how far this analysis is. Its report, once made, stands among the reports.";
  return { request_id: requestId, stage: "failed", done: 0, of: 0, note, report_id: "" };
}

/**
 * Follow one analysis by server-sent events until it has ended; null follows nothing.
 * EventSource reconnects by itself after a lost connection, and the stream starts with the latest state.
 */
export function useProgress(tenant: string, requestId: string | null): Progress | null {
  const [progress, setProgress] = useState<Progress | null>(null);

  useEffect(() => {
    if (requestId === null) return undefined;
    const source = new EventSource(eventsUrl(tenant, requestId));
    const hear = (event: MessageEvent<string>) => {
      const heard = JSON.parse(event.data) as Progress;
      setProgress((known) => later(known, heard));
      if (ended(heard.stage)) source.close();
    };
    // A refusal (an analysis that the API does not know) closes the source for good; a lost line does not.
    const lost = () => {
      if (source.readyState === EventSource.CLOSED) setProgress((known) => later(known, unknown(requestId)));
    };
    source.addEventListener("progress", hear);
    source.addEventListener("error", lost);
    return () => {
      source.removeEventListener("error", lost);
      source.removeEventListener("progress", hear);
      source.close();
    };
  }, [tenant, requestId]);

  return progress !== null && progress.request_id === requestId ? progress : null;
}
