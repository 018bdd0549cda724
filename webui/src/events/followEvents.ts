/** The event stream of a tenant, kept open over whatever breaks it. */

export interface TenantEvent {
  /** `reset`: what happened meanwhile is not known, so that everything shown is to be loaded again. */
  name: "progress" | "revision" | "reset";
  data: unknown;
}

const NAMES = ["progress", "revision", "reset"] as const;
/** After an answer that is no stream (a proxy's 502), which EventSource gives up at. */
const REOPEN_MS = 2_000;
/** So many heartbeats may fail to come before the stream counts as dead. */
const HEARTBEATS = 2.5;

/** URL of the stream, from behind this event on. */
export function eventsUrl(tenant: string, after: string): string {
  const url = `/api/v1/tenants/${encodeURIComponent(tenant)}/events`;
  return after === "" ? url : `${url}?after=${encodeURIComponent(after)}`;
}

/**
 * Hands on the events of the tenant until the returned function is called. A lost connection EventSource opens again by
 * itself, with `Last-Event-ID`; after a refusal, and when the heartbeats stay away, a new one goes on from there.
 */
export function followEvents(tenant: string, onEvent: (event: TenantEvent) => void): () => void {
  let source: EventSource | null = null;
  let lastId = "";
  let silenceMs = 40_000;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const openIn = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(open, ms);
  };
  function open() {
    source?.close();
    const opened = new EventSource(eventsUrl(tenant, lastId));
    source = opened;
    for (const name of NAMES) {
      opened.addEventListener(name, (event: MessageEvent<string>) => {
        lastId = event.lastEventId;
        openIn(silenceMs);
        onEvent({ name, data: JSON.parse(event.data) });
      });
    }
    opened.addEventListener("heartbeat", (event: MessageEvent<string>) => {
      silenceMs = (JSON.parse(event.data) as { every_s: number }).every_s * 1000 * HEARTBEATS;
      openIn(silenceMs);
    });
    opened.addEventListener("error", () => {
      if (opened.readyState === EventSource.CLOSED) openIn(REOPEN_MS);
    });
    openIn(silenceMs);
  }
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
