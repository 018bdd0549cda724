// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { MemoryRouter, Route, Routes } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "../api/client";
import { makeQueryClient } from "../api/queryClient";
import type { AlertRead } from "../api/types";
import { ALERT } from "../fixtures/alert";
import { AlertsPage } from "./AlertsPage";

interface Page {
  alerts: AlertRead[];
  counts: { firing: number; resolved: number };
  total: number;
  next: string | null;
}

const alert = (name: string, given: Partial<AlertRead> = {}): AlertRead => ({ ...ALERT, fingerprint: name, name, ...given });
const EMPTY: Page = { alerts: [], counts: { firing: 0, resolved: 0 }, total: 0, next: null };

/** What the API does: by the cursor that it is asked with, a page, or an error. */
let answer: (before: string | undefined) => Page | Error | Response = () => EMPTY;
let asked: (string | undefined)[] = [];

function show() {
  render(
    <MantineProvider>
      <QueryClientProvider client={makeQueryClient()}>
        <MemoryRouter initialEntries={["/t/shop/alerts"]}>
          <Routes>
            <Route path="/t/:tenant/alerts" element={<AlertsPage />} />
          </Routes>
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const names = () =>
  within(screen.getByRole("list", { name: "Alerts" }))
    .getAllByRole("button")
    .map((button) => button.getAttribute("aria-label"));

beforeEach(() => {
  asked = [];
  vi.useFakeTimers();
  vi.spyOn(api, "GET").mockImplementation(((path: string, { params }: { params?: { query?: { before?: string } } }) => {
    if (!path.endsWith("/alerts")) return Promise.resolve({ data: { tenants: [], reports: [] }, response: new Response() });
    asked.push(params?.query?.before);
    const given = answer(params?.query?.before);
    if (given instanceof Error) return Promise.reject(given);
    if (given instanceof Response) return Promise.resolve({ error: "<html><h1>502 Bad Gateway</h1></html>", response: given });
    return Promise.resolve({ data: given, response: new Response() });
  }) as typeof api.GET);
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("shows totals of all alerts, in the server's order, page by page", async () => {
  const counts = { firing: 1, resolved: 260 };
  const first = [alert("Paging"), alert("Old", { status: "resolved" })];
  answer = (before) =>
    before === undefined
      ? { alerts: first, counts, total: 261, next: "9~1~Old" }
      : { alerts: [alert("Old", { status: "resolved" }), alert("Older", { status: "resolved" })], counts, total: 261, next: null };
  show();
  await pass(10);
  expect(screen.getByText("1 firing of 261")).toBeTruthy();
  expect(document.title).toContain("(1) Alerts");
  expect(screen.getByText("2 of 261 shown")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Show more" }));
  await pass(10);
  expect(asked).toEqual([undefined, "9~1~Old"]);
  expect(names()).toEqual(["Analyze Paging", "Analyze Old", "Analyze Older"]);
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
});

it("opens no event stream for its rows", async () => {
  const opened: string[] = [];
  vi.stubGlobal("EventSource", class extends EventTarget {
    constructor(url: string) {
      super();
      opened.push(url);
    }
  });
  const running = Array.from({ length: 8 }, (_, n) =>
    alert(`A${n}`, { request_id: `r${n}`, stage: "analysing", done: 3, of: 5 }),
  );
  answer = () => ({ alerts: running, counts: { firing: 8, resolved: 0 }, total: 8, next: null });
  show();
  await pass(10);
  expect(screen.getAllByText("analysing 3 of 5")).toHaveLength(8);
  expect(opened).toEqual([]);
  vi.unstubAllGlobals();
});

it("says why an analysis failed that ended before the page was opened", async () => {
  const failed = alert("A", { request_id: "r1", stage: "failed", note: "The source did not answer" });
  answer = () => ({ alerts: [failed], counts: { firing: 1, resolved: 0 }, total: 1, next: null });
  show();
  await pass(10);
  expect(screen.getByText("The source did not answer")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Analyze A" })).toBeTruthy();
});

it.each([
  ["nobody listens", () => new TypeError("Failed to fetch"), "The API cannot be reached"],
  ["a proxy answers", () => new Response(null, { status: 502 }), "The API does not answer: a proxy in front of it says 502"],
])("says so when %s, and is back by itself within 5 s", async (_, broken, message) => {
  answer = broken;
  show();
  await pass(30_000);
  expect(screen.getByText(message)).toBeTruthy();
  expect(screen.queryByLabelText("Loading the alerts")).toBeNull();
  expect(document.body.textContent).not.toMatch(/<html|<h1/);
  answer = () => ({ alerts: [alert("A")], counts: { firing: 1, resolved: 0 }, total: 1, next: null });
  await pass(5_000);
  expect(names()).toEqual(["Analyze A"]);
  expect(screen.queryByText(message)).toBeNull();

  answer = broken;
  await pass(30_000);
  expect(screen.getByText(message)).toBeTruthy();
  expect(screen.getByText(/You see the alerts of/)).toBeTruthy();
  expect(names()).toEqual(["Analyze A"]);
  answer = () => ({ ...EMPTY, alerts: [alert("B")], total: 1 });
  await pass(5_000);
  expect(names()).toEqual(["Analyze B"]);
});
