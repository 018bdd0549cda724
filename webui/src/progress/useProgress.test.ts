// @vitest-environment happy-dom
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { eventsUrl, useProgress } from "./useProgress";

/** An EventSource that says what the test tells it to say. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static opened: FakeSource[] = [];
  readyState = 1;

  constructor(readonly url: string) {
    super();
    FakeSource.opened.push(this);
  }

  close() {
    this.readyState = FakeSource.CLOSED;
  }

  say(stage: string, done = 0) {
    const data = JSON.stringify({ request_id: "r1", stage, done, of: 4, note: "", report_id: "" });
    act(() => void this.dispatchEvent(new MessageEvent("progress", { data })));
  }

  fail(readyState: number) {
    this.readyState = readyState;
    act(() => void this.dispatchEvent(new Event("error")));
  }
}

const source = () => {
  const last = FakeSource.opened.at(-1);
  if (last === undefined) throw new Error("nothing was opened");
  return last;
};

beforeEach(() => {
  FakeSource.opened = [];
  vi.stubGlobal("EventSource", FakeSource);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("follows nothing without a request", () => {
  const { result } = renderHook(() => useProgress("shop", null));
  expect(result.current).toBeNull();
  expect(FakeSource.opened).toEqual([]);
});

it("follows one request to its end, then hangs up", () => {
  const { result } = renderHook(() => useProgress("a|b", "r1"));
  expect(source().url).toBe(eventsUrl("a|b", "r1"));
  expect(source().url).toBe("/api/v1/tenants/a%7Cb/analyses/r1/events");
  source().say("analysing", 3);
  source().say("analysing", 2);
  expect(result.current?.done).toBe(3);
  source().say("concluded");
  expect(result.current?.stage).toBe("concluded");
  expect(source().readyState).toBe(FakeSource.CLOSED);
});

it("waits through a lost line, and gives up on a refusal", () => {
  const { result } = renderHook(() => useProgress("shop", "r1"));
  source().say("planned");
  source().fail(0);
  expect(result.current?.stage).toBe("planned");
  source().fail(FakeSource.CLOSED);
  expect(result.current?.stage).toBe("failed");
});

it("hangs up when nobody looks any more", () => {
  const { unmount } = renderHook(() => useProgress("shop", "r1"));
  unmount();
  expect(source().readyState).toBe(FakeSource.CLOSED);
});
