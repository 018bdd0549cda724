import workerUrl from "./events.worker?worker&url";
import type { TabMessage } from "./events.worker";
import { followEvents, type TenantEvent } from "./followEvents";

/**
 * The events of the tenant, over one stream for all tabs: browsers open six connections to an origin over HTTP/1.1, and
 * a stream holds one. Where there are no shared workers, the tab has a stream of its own.
 */
export function subscribeEvents(tenant: string, onEvent: (event: TenantEvent) => void): () => void {
  if (typeof SharedWorker === "undefined") return followEvents(tenant, onEvent);
  const worker = new SharedWorker(workerUrl, { name: tenant, type: "module" });
  let stopOwn: (() => void) | null = null;
  const say = (message: TabMessage) => worker.port.postMessage(message);
  const leave = () => say("leave");
  const follow = () => say("follow");
  // The worker's script could not be loaded.
  worker.onerror = () => {
    stopOwn ??= followEvents(tenant, onEvent);
  };
  worker.port.onmessage = ({ data }: MessageEvent<TenantEvent>) => onEvent(data);
  // A tab that is closed, or kept for the Back button, and one that comes back by it.
  const onShow = (event: PageTransitionEvent) => {
    if (event.persisted) follow();
  };
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", onShow);
  follow();
  return () => {
    window.removeEventListener("pagehide", leave);
    window.removeEventListener("pageshow", onShow);
    leave();
    worker.port.close();
    stopOwn?.();
  };
}
