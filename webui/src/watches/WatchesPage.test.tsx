// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { MemoryRouter, Route, Routes } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "../api/client";
import { makeQueryClient } from "../api/queryClient";
import type { WatchRead, WatchState } from "../api/types";
import { AT_MS, STATE, WATCH } from "../fixtures/watch";
import { WatchesPage } from "./WatchesPage";

let orders: [string, string, unknown][] = [];

beforeEach(() => {
  orders = [];
  vi.setSystemTime(AT_MS);
  for (const method of ["PUT", "PATCH", "POST", "DELETE"] as const) {
    vi.spyOn(api, method).mockImplementation(((path: string, options: { params: { path: object }; body?: unknown }) => {
      orders.push([method, path.split("/watches")[1] ?? "", options.body]);
      return Promise.resolve({ data: WATCH, response: new Response() });
    }) as never);
  }
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function show(...watches: WatchRead[]) {
  vi.spyOn(api, "GET").mockImplementation(((path: string) => {
    const data = path.endsWith("/watches") ? { watches } : path.endsWith("/session") ? { may_change: true } : { tenants: [] };
    return Promise.resolve({ data, response: new Response() });
  }) as typeof api.GET);
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={makeQueryClient()}>
        <MemoryRouter initialEntries={["/t/default/watches"]}>
          <Routes>
            <Route path="/t/:tenant/watches" element={<WatchesPage />} />
          </Routes>
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

it("shows what stands out, how near it is to a report, and what was recognised", async () => {
  show(WATCH);
  expect(await screen.findByRole("list", { name: "What stands out" })).toBeTruthy();
  expect(screen.getByText("50 % of the bar")).toBeTruthy();
  expect(screen.getByText("80 ms, 12 ms before")).toBeTruthy();
  expect(screen.getByText("redis was rolled out at 00:58")).toBeTruthy();
  expect(screen.getByText("0 open of 1 watch")).toBeTruthy();
});

it("counts no episode of a paused watch as open", async () => {
  show({ ...WATCH, watch: { ...WATCH.watch, paused: true }, state: { ...STATE, condition: "open" } });
  expect(await screen.findByText("0 open of 1 watch")).toBeTruthy();
});

it("links to the report of an open episode", async () => {
  const open_episodes = [{ cause: "cart", report_id: "r7", opened_ms: AT_MS - 60_000 }];
  show({ ...WATCH, state: { ...STATE, condition: "open", open_episodes } });
  const link = await screen.findByRole("link", { name: "Report" });
  expect(link.getAttribute("href")).toBe("/t/default/reports/r7");
});

it("links to the report of each of several open episodes, by its cause", async () => {
  const open_episodes = ["cart", "redis"].map((cause, k) => ({ cause, report_id: `r${String(k)}`, opened_ms: AT_MS - 60_000 }));
  show({ ...WATCH, state: { ...STATE, condition: "open", open_episodes } });
  const links = within(await screen.findByRole("list", { name: "Reports" })).getAllByRole("link");
  expect(links.map((link) => [link.textContent.trim(), link.getAttribute("href")])).toEqual([
    ["Report: cart", "/t/default/reports/r0"],
    ["Report: redis", "/t/default/reports/r1"],
  ]);
});

it("pauses, mutes and ends a watch by the API", async () => {
  show(WATCH);
  fireEvent.click(await screen.findByRole("button", { name: "Pause shop" }));
  fireEvent.click(screen.getByRole("button", { name: "Mute cart" }));
  fireEvent.click(await screen.findByText("for an hour"));
  fireEvent.click(screen.getByRole("button", { name: "End shop" }));
  await waitFor(() => expect(orders).toHaveLength(3));
  const mute = { kind: "entity", value: "cart", until_ms: AT_MS + 3_600_000, note: "", muted_by: "" };
  expect(orders).toEqual([
    ["PATCH", "/{name}", { paused: true, changed_by: "" }],
    ["POST", "/{name}/mutes", mute],
    ["DELETE", "/{name}", undefined],
  ]);
});

it("resets a watch over one of the settings by a button that is called as it reads", async () => {
  show({ ...WATCH, overrides_settings: true });
  const reset = await screen.findByRole("button", { name: "Reset to settings shop" });
  expect(reset.textContent).toBe("Reset to settings");
  expect(screen.queryByRole("button", { name: "End shop" })).toBeNull();
  fireEvent.click(reset);
  await waitFor(() => expect(orders).toEqual([["DELETE", "/{name}", undefined]]));
});

it("does not let a new watch replace one that there is", async () => {
  show(WATCH);
  await screen.findByRole("button", { name: "Pause shop" });
  fireEvent.change(screen.getByLabelText("Series selector"), { target: { value: "up" } });
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "shop" } });
  expect(screen.getByRole("button", { name: "Watch" })).toHaveProperty("disabled", true);
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "shop-2" } });
  fireEvent.click(screen.getByRole("button", { name: "Watch" }));
  await waitFor(() => expect(orders).toEqual([["PUT", "/{name}", { selector: "up", each: "", changed_by: "" }]]));
});

it("watches each value of a label by itself, and ends no part of such a watch", async () => {
  const part = { ...WATCH.watch, name: "all.eu-1", part_of: "all" };
  const whole = { ...WATCH.watch, name: "all", each: "cluster" };
  const divided: WatchState = { ...STATE, condition: "divided", reason: "1 value of cluster, each a watch by itself: eu-1" };
  show({ ...WATCH, watch: whole, state: { ...divided, entities: [] } }, { ...WATCH, watch: part });
  expect(await screen.findByText("1 value of cluster, each a watch by itself: eu-1")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Pause all.eu-1" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "End all.eu-1" })).toBeNull();
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "zones" } });
  fireEvent.change(screen.getByLabelText("Series selector"), { target: { value: "up" } });
  fireEvent.change(screen.getByLabelText(/each value of this label/), { target: { value: "zone" } });
  fireEvent.click(screen.getByRole("button", { name: "Watch" }));
  await waitFor(() => expect(orders).toEqual([["PUT", "/{name}", { selector: "up", each: "zone", changed_by: "" }]]));
});

it("folds in the quiet ones of hundreds of clusters, and finds one by its name", async () => {
  const named = (name: string, condition: WatchState["condition"]): WatchRead => ({
    ...WATCH,
    watch: { ...WATCH.watch, name, selector: `{cluster="${name}"}` },
    state: { ...STATE, watch: name, condition, series: 100, entities: [], said: [] },
  });
  show(named("bad", "suspicious"), ...Array.from({ length: 200 }, (_, k) => named(`c${String(k)}`, "quiet")));
  const list = await screen.findByRole("list", { name: "Watches" });
  expect(within(list).getAllByRole("listitem")).toHaveLength(1);
  expect(screen.getByText(/^200 quiet watches, 20.000 series$/)).toBeTruthy();
  fireEvent.change(screen.getByRole("textbox", { name: "Find a watch" }), { target: { value: "C42" } });
  expect(within(list).getAllByRole("listitem")).toHaveLength(1);
  expect(within(list).getByText("c42")).toBeTruthy();
  fireEvent.change(screen.getByRole("textbox", { name: "Find a watch" }), { target: { value: "nowhere" } });
  expect(screen.getByText("No watch has this in its name or selector.")).toBeTruthy();
});

it("shows a few watches all alike", async () => {
  show(WATCH);
  const list = await screen.findByRole("list", { name: "Watches" });
  expect(within(list).getAllByRole("listitem").length).toBeGreaterThan(0);
  expect(screen.queryByRole("textbox", { name: "Find a watch" })).toBeNull();
});
