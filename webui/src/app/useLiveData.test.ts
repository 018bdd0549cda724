// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, renderHook } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { reportKey } from "../api/queries";
import { FakeEventSource } from "../fixtures/eventSource";
import { REPORT } from "../fixtures/report";
import { progressKey } from "../progress/useProgress";
import { useLiveData } from "./useLiveData";

let client = new QueryClient();
let loaded: unknown[] = [];

function live() {
  client = new QueryClient();
  loaded = [];
  vi.spyOn(client, "invalidateQueries").mockImplementation((filters) => {
    loaded.push(filters?.queryKey);
    return Promise.resolve();
  });
  const wrapper = ({ children }: { children: ReactNode }) => createElement(QueryClientProvider, { client }, children);
  return renderHook(() => useLiveData("shop"), { wrapper });
}

const progress = (stage: string, done = 0, request_id = "r1") => ({ request_id, stage, done, of: 4, note: "", report_id: "" });

beforeEach(() => {
  FakeEventSource.opened = [];
  vi.stubGlobal("EventSource", FakeEventSource);
  vi.stubGlobal("SharedWorker", undefined);
  vi.useFakeTimers();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("keeps the most advanced progress of each analysis, all by one stream", () => {
  const { unmount } = live();
  for (let number = 0; number < 7; number += 1) FakeEventSource.last.emit("progress", progress("planned", 0, `r${number}`));
  FakeEventSource.last.emit("progress", progress("analysing", 3));
  FakeEventSource.last.emit("progress", progress("analysing", 2));
  expect(client.getQueryData(progressKey("shop", "r1"))).toMatchObject({ stage: "analysing", done: 3 });
  expect(client.getQueryData(progressKey("shop", "r6"))).toMatchObject({ stage: "planned" });
  expect(FakeEventSource.opened).toHaveLength(1);
  unmount();
  expect(FakeEventSource.last.readyState).toBe(FakeEventSource.CLOSED);
});

it("loads the lists again when analyses end, once a second in a storm", () => {
  live();
  for (let number = 0; number < 50; number += 1) FakeEventSource.last.emit("progress", progress("failed", 0, `r${number}`));
  FakeEventSource.last.emit("progress", progress("planned", 0, "r99"));
  expect(loaded).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(loaded).toEqual([["shop", "alerts"], ["shop", "reports"]]);
});

it("loads a report again at a higher revision only", () => {
  live();
  client.setQueryData(reportKey("shop", "report-1"), { ...REPORT, revision: 4 });
  const told = (revision: number) => FakeEventSource.last.emit("revision", { report_id: "report-1", revision, grows: true, next_look_ms: null });
  told(4);
  expect(loaded).toEqual([]);
  told(8);
  expect(loaded).toEqual([["shop", "report", "report-1"]]);
});

it("loads everything again where it is not known what happened meanwhile", () => {
  live();
  FakeEventSource.last.emit("reset", {});
  expect(loaded).toEqual([["shop"]]);
});
