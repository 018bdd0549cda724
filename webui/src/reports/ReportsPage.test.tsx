// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { MemoryRouter, Route, Routes } from "react-router";
import { afterEach, expect, it, vi } from "vitest";
import { api } from "../api/client";
import { makeQueryClient } from "../api/queryClient";
import type { ReportSummary } from "../api/types";
import { REPORT } from "../fixtures/report";
import { ReportsPage } from "./ReportsPage";

const { counts, alert, findings, ...shared } = REPORT;
const summary = (report_id: string): ReportSummary => ({
  ...shared,
  report_id,
  alert_fingerprint: alert?.fingerprint ?? null,
  selected: counts.selected,
  analysed: counts.analysed,
  flagged: counts.flagged,
  findings: findings.length,
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

it("deletes just as many as it says, though it shows one page of them", async () => {
  vi.spyOn(api, "GET").mockImplementation(((path: string) => {
    const data = path.endsWith("/reports") ? { reports: [summary("r1")], total: 261, next: "7~r1" } : { patterns: [] };
    return Promise.resolve({ data, response: new Response() });
  }) as typeof api.GET);
  const orders: unknown[] = [];
  const detail = "There are 262 reports now, not 261: nothing was deleted";
  vi.spyOn(api, "DELETE").mockImplementation(((_: string, { params }: { params: object }) => {
    orders.push(params);
    return Promise.resolve({ error: { detail, remedy: "Look again" }, response: new Response(null, { status: 409 }) });
  }) as typeof api.DELETE);
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={makeQueryClient()}>
        <MemoryRouter initialEntries={["/t/shop/reports"]}>
          <Routes>
            <Route path="/t/:tenant/reports" element={<ReportsPage />} />
          </Routes>
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
  expect(await screen.findByText("1 of 261 shown")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Delete all" }));
  expect(await screen.findByText("Delete all 261 reports?")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Delete 261 reports" }));
  await waitFor(() => expect(orders).toEqual([{ path: { tenant: "shop" }, query: { expected: 261 } }]));
  expect(await screen.findByText(detail)).toBeTruthy();
});
