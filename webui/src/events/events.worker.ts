/** A shared worker, named by its tenant: one event stream for all tabs of the browser. */
import { followEvents, type TenantEvent } from "./followEvents";

/** What a tab says to the worker: it wants events from now on, or no longer. */
export type TabMessage = "follow" | "leave";

const worker = self as unknown as SharedWorkerGlobalScope;
const tabs = new Set<MessagePort>();
let stop: (() => void) | null = null;

function tellAll(event: TenantEvent) {
  for (const tab of tabs) tab.postMessage(event);
}

worker.onconnect = ({ ports: [tab] }) => {
  if (tab === undefined) return;
  tab.onmessage = ({ data }: MessageEvent<TabMessage>) => {
    if (data === "leave") {
      tabs.delete(tab);
      if (tabs.size > 0) return;
      stop?.();
      stop = null;
      return;
    }
    tabs.add(tab);
    // What a tab that joins has loaded may be older than the last event.
    if (stop !== null) tab.postMessage({ name: "reset", data: {} } satisfies TenantEvent);
    stop ??= followEvents(worker.name, tellAll);
  };
};

interface SharedWorkerGlobalScope {
  readonly name: string;
  onconnect: (event: MessageEvent) => void;
}
