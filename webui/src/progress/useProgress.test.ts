// @vitest-environment happy-dom
import { QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "../api/client";
import { makeQueryClient } from "../api/queryClient";
import { isOver, progressKey, useProgress } from "./useProgress";

const progress = (stage: string, more: object = {}) => ({ request_id: "r1", stage, done: 0, of: 4, note: "", report_id: "", ...more });

let answer: () => unknown = () => progress("accepted");
let asked = 0;

function follow(ask: boolean, requestId: string | null = "r1") {
  const client = makeQueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => createElement(QueryClientProvider, { client }, children);
  const hook = renderHook(() => useProgress("shop", requestId, ask), { wrapper });
  const tell = async (event: object) => {
    client.setQueryData(progressKey("shop", "r1"), event);
    await pass(10);
  };
  return { ...hook, tell };
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

beforeEach(() => {
  asked = 0;
  vi.useFakeTimers();
  vi.spyOn(api, "GET").mockImplementation((() => {
    asked += 1;
    const data = answer();
    if (data instanceof Error) return Promise.reject(data);
    if (data instanceof Response) return Promise.resolve({ error: { detail: "There is no analysis 'r1'" }, response: data });
    return Promise.resolve({ data, response: new Response() });
  }) as typeof api.GET);
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("asks nothing for an analysis that a list shows, and hears of it by the stream", async () => {
  const { result, tell } = follow(false);
  expect(result.current).toBeNull();
  await tell(progress("analysing", { done: 3 }));
  expect(result.current?.done).toBe(3);
  await pass(60_000);
  expect(asked).toBe(0);
  expect(follow(true, null).result.current).toBeNull();
  expect(asked).toBe(0);
});

it("comes to its end without any stream, and an answer never goes back behind an event", async () => {
  answer = () => progress("planned");
  const { result, tell } = follow(true);
  await pass(10);
  expect(result.current?.stage).toBe("planned");
  await tell(progress("analysing", { done: 2 }));
  await pass(4_000);
  expect(result.current?.done).toBe(2);
  answer = () => progress("concluded", { report_id: "report-1" });
  await pass(4_000);
  expect(result.current?.report_id).toBe("report-1");
  const until = asked;
  await pass(60_000);
  expect(asked).toBe(until);
});

it("rides out a server that is away, and is back within 5 s", async () => {
  answer = () => new TypeError("Failed to fetch");
  const { result } = follow(true);
  await pass(60_000);
  expect(result.current).toBeNull();
  answer = () => progress("analysing", { done: 1 });
  await pass(5_000);
  expect(result.current?.done).toBe(1);
});

it("says what the API says of an analysis that it does not know, and goes on asking", async () => {
  answer = () => new Response(null, { status: 404 });
  const { result } = follow(true);
  await pass(100);
  expect([result.current?.stage, result.current?.note]).toEqual(["failed", "There is no analysis 'r1'"]);
  answer = () => progress("planned");
  await pass(5_000);
  expect(result.current?.stage).toBe("planned");
});

it("waits for the report of a conclusion, but not for ever", async () => {
  answer = () => progress("concluded");
  const { result } = follow(true);
  await pass(100);
  expect(result.current?.stage).toBe("concluded");
  expect(isOver(progress("concluded") as never)).toBe(false);
  await pass(20_000);
  expect([result.current?.stage, result.current?.note]).toEqual(["failed", expect.stringContaining("cannot be read")]);
});
