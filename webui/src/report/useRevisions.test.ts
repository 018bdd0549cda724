// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, renderHook } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Report } from "../api/types";
import { REPORT } from "../fixtures/report";
import { grows, useRevisions } from "./useRevisions";

/** An EventSource that dispatches the events of the test. */
class FakeEventSource extends EventTarget {
  static opened: FakeEventSource[] = [];
  closed = false;

  constructor(readonly url: string) {
    super();
    FakeEventSource.opened.push(this);
  }

  close() {
    this.closed = true;
  }

  emit(revision: number, more: boolean) {
    const data = JSON.stringify({ revision, grows: more, next_look_ms: null });
    this.dispatchEvent(new MessageEvent("revision", { data }));
  }
}

const GROWING: Report = { ...REPORT, next_look_ms: 1_795_447_300_000 };

let loaded: unknown[] = [];

function follow(report: Report | undefined) {
  const client = new QueryClient();
  loaded = [];
  vi.spyOn(client, "invalidateQueries").mockImplementation((filters) => {
    loaded.push(filters?.queryKey);
    return Promise.resolve();
  });
  const wrapper = ({ children }: { children: ReactNode }) => createElement(QueryClientProvider, { client }, children);
  return renderHook((shown: Report | undefined) => useRevisions(shown), { wrapper, initialProps: report });
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

it("knows which reports grow", () => {
  expect([grows(REPORT), grows(GROWING), grows({ ...REPORT, status: "partial" }), grows({ ...REPORT, trigger: "watch" })]).toEqual([
    false,
    true,
    true,
    true,
  ]);
});

it("opens no connection for a report that does not grow", () => {
  follow(REPORT);
  follow(undefined);
  expect(FakeEventSource.opened).toEqual([]);
});

it("loads the report again at a higher revision only", () => {
  follow(GROWING);
  expect(source().url).toBe("/api/v1/tenants/default/reports/report-1/events");
  source().emit(GROWING.revision, true);
  expect(loaded).toEqual([]);
  source().emit(GROWING.revision + 4, true);
  expect(loaded).toEqual([["default", "report", "report-1"]]);
  expect(source().closed).toBe(false);
});

it("closes when the report grows no more, and on unmount", () => {
  const { unmount } = follow(GROWING);
  source().emit(GROWING.revision + 4, false);
  expect(source().closed).toBe(true);
  expect(loaded).toHaveLength(1);
  follow(GROWING);
  unmount();
  cleanup();
  expect(source().closed).toBe(true);
});
