// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter, Route, Routes } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "../api/client";
import { patternsQuery } from "../api/queries";
import { FakeEventSource } from "../fixtures/eventSource";
import { PATTERNS } from "../fixtures/patterns";
import { shapeLabel } from "../patterns/taxonomy";
import { useTaxonomy } from "../patterns/useTaxonomy";
import { AppShell } from "./AppShell";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function ShapePage() {
  return <h1>{shapeLabel(useTaxonomy(), "single_dip")}</h1>;
}

beforeEach(() => {
  vi.stubGlobal("EventSource", FakeEventSource);
});

it("loads the taxonomy once, before a page needs it", async () => {
  const paths: string[] = [];
  vi.spyOn(api, "GET").mockImplementation(((path: string) => {
    paths.push(path);
    const data = path === "/api/v1/patterns" ? { patterns: PATTERNS } : { tenants: [] };
    return Promise.resolve({ data, response: new Response() });
  }) as typeof api.GET);
  const client = new QueryClient();
  const loads = () => paths.filter((path) => path === "/api/v1/patterns").length;
  render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        <MemoryRouter initialEntries={["/t/shop/alerts"]}>
          <Routes>
            <Route path="/t/:tenant" element={<AppShell />}>
              <Route path="alerts" element={<h1>No shapes</h1>} />
              <Route path="reports" element={<ShapePage />} />
            </Route>
          </Routes>
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
  expect(screen.getByRole("heading").textContent).toBe("No shapes");
  expect(loads()).toBe(1);
  await vi.waitFor(() => expect(client.getQueryData(patternsQuery.queryKey)).toBeDefined());
  fireEvent.click(screen.getByRole("link", { name: "Reports" }));
  expect(await screen.findByRole("heading", { name: "single dip" })).toBeTruthy();
  expect(loads()).toBe(1);
});
