// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeEventSource } from "../fixtures/eventSource";
import { eventsUrl, followEvents, type TenantEvent } from "./followEvents";
import { subscribeEvents } from "./subscribeEvents";

beforeEach(() => {
  FakeEventSource.opened = [];
  vi.stubGlobal("EventSource", FakeEventSource);
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const URL = eventsUrl("a|b", "");

function follow(subscribe = followEvents) {
  const told: TenantEvent[] = [];
  const stop = subscribe("a|b", (event) => void told.push(event));
  return { told, stop };
}

it("hands on the events of one stream until it is stopped", () => {
  const { told, stop } = follow();
  expect(FakeEventSource.last.url).toBe("/api/v1/tenants/a%7Cb/events");
  FakeEventSource.last.emit("reset", {}, "e-0");
  FakeEventSource.last.emit("progress", { request_id: "r1" }, "e-1");
  expect(told).toEqual([
    { name: "reset", data: {} },
    { name: "progress", data: { request_id: "r1" } },
  ]);
  stop();
  expect(FakeEventSource.last.readyState).toBe(FakeEventSource.CLOSED);
  vi.advanceTimersByTime(600_000);
  expect(FakeEventSource.opened).toHaveLength(1);
});

it("leaves a lost connection to EventSource, which resumes it by itself", () => {
  follow();
  FakeEventSource.last.fail(FakeEventSource.CONNECTING);
  vi.advanceTimersByTime(5_000);
  expect(FakeEventSource.opened).toHaveLength(1);
});

it("rides out a 502: it opens anew within 5 s, behind the last event, as often as it takes", () => {
  follow();
  FakeEventSource.last.emit("progress", {}, "e-7");
  for (let attempt = 2; attempt < 6; attempt += 1) {
    FakeEventSource.last.fail(FakeEventSource.CLOSED);
    vi.advanceTimersByTime(4_000);
    expect(FakeEventSource.opened).toHaveLength(attempt);
    expect(FakeEventSource.last.url).toBe(`${URL}?after=e-7`);
  }
});

it("takes a stream whose heartbeats stay away for dead", () => {
  follow();
  FakeEventSource.last.emit("heartbeat", { every_s: 15 });
  for (let beat = 0; beat < 20; beat += 1) {
    vi.advanceTimersByTime(30_000);
    FakeEventSource.last.emit("heartbeat", { every_s: 15 });
  }
  expect(FakeEventSource.opened).toHaveLength(1);
  vi.advanceTimersByTime(40_000);
  expect(FakeEventSource.opened).toHaveLength(2);
  expect(FakeEventSource.opened[0]?.readyState).toBe(FakeEventSource.CLOSED);
});

it("has a stream of its own where there are no shared workers", () => {
  vi.stubGlobal("SharedWorker", undefined);
  const { stop } = follow(subscribeEvents);
  expect(FakeEventSource.opened).toHaveLength(1);
  stop();
});

it("opens no stream where a shared worker has one, and one where the worker cannot be loaded", () => {
  const said: unknown[] = [];
  const workers: FakeWorker[] = [];
  class FakeWorker {
    onerror: (() => void) | null = null;
    port = { postMessage: (message: unknown) => void said.push(message), close: () => undefined, onmessage: (given: { data: TenantEvent }) => given.data };
    constructor(_url: string, { name }: { name: string }) {
      said.push(name);
      workers.push(this);
    }
  }
  vi.stubGlobal("SharedWorker", FakeWorker);
  const { told, stop } = follow(subscribeEvents);
  workers[0]?.port.onmessage({ data: { name: "reset", data: {} } });
  expect(told).toEqual([{ name: "reset", data: {} }]);
  window.dispatchEvent(new Event("pagehide"));
  expect(said).toEqual(["a|b", "follow", "leave"]);
  expect(FakeEventSource.opened).toEqual([]);
  workers[0]?.onerror?.();
  expect(FakeEventSource.opened).toHaveLength(1);
  stop();
  expect(said.at(-1)).toBe("leave");
  expect(FakeEventSource.last.readyState).toBe(FakeEventSource.CLOSED);
});
