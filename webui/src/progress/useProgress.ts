import { useEffect, useState } from "react";
import type { Progress } from "../api/types";
import { ended, later } from "./stages";

/** Where an analysis tells how far it has come; the same address that starting one answers. */
export function eventsUrl(tenant: string, requestId: string): string {
  return `/api/v1/tenants/${encodeURIComponent(tenant)}/analyses/${encodeURIComponent(requestId)}/events`;
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
    source.addEventListener("progress", hear);
    return () => {
      source.removeEventListener("progress", hear);
      source.close();
    };
  }, [tenant, requestId]);

  return progress !== null && progress.request_id === requestId ? progress : null;
}
