// @vitest-environment happy-dom
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { eventsUrl, useProgress } from "./useProgress";

/** An EventSource that dispatches the events of the test. */
class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2;
  static opened: FakeEventSource[] = [];
  readyState = 1;

  constructor(readonly url: string) {
    super();
    FakeEventSource.opened.push(this);
  }

  close() {
    this.readyState = FakeEventSource.CLOSED;
  }

  emit(stage: string, done = 0) {
    const data = JSON.stringify({ request_id: "r1", stage, done, of: 4, note: "", report_id: "" });
    act(() => void this.dispatchEvent(new MessageEvent("progress", { data })));
  }

  fail(readyState: number) {
    this.readyState = readyState;
    act(() => void this.dispatchEvent(new Event("error")));
  }
}

const source = () => {
  const last = FakeEventSource.opened.at(-1);
  if (last === undefined) throw new Error("nothing was opened");
  return last;
};

beforeEach(() => {
  FakeEventSource.opened = [];
  vi.stubGlobal("EventSource", FakeEventSource);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("opens no connection without a request", () => {
  const { result } = renderHook(() => useProgress("shop", null));
  expect(result.current).toBeNull();
  expect(FakeEventSource.opened).toEqual([]);
});

it("follows one request to its end, then closes", () => {
  const { result } = renderHook(() => useProgress("a|b", "r1"));
  expect(source().url).toBe(eventsUrl("a|b", "r1"));
  expect(source().url).toBe("/api/v1/tenants/a%7Cb/analyses/r1/events");
  source().emit("analysing", 3);
  source().emit("analysing", 2);
  expect(result.current?.done).toBe(3);
  source().emit("concluded");
  expect(result.current?.stage).toBe("concluded");
  expect(source().readyState).toBe(FakeEventSource.CLOSED);
});

it("survives a lost connection, and fails on an error response", () => {
  const { result } = renderHook(() => useProgress("shop", "r1"));
  source().emit("planned");
  source().fail(0);
  expect(result.current?.stage).toBe("planned");
  source().fail(FakeEventSource.CLOSED);
  expect(result.current?.stage).toBe("failed");
});

it("closes on unmount", () => {
  const { unmount } = renderHook(() => useProgress("shop", "r1"));
  unmount();
  expect(source().readyState).toBe(FakeEventSource.CLOSED);
});
