// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, expect, it } from "vitest";
import type { AlertRead } from "../api/types";
import { ALERT } from "../fixtures/alert";
import { AlertRow } from "./AlertRow";

afterEach(cleanup);

function show(alert: AlertRead) {
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <MemoryRouter>
          <AlertRow tenant="default" alert={alert} />
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

it("shows name, severity and description as the API answers them, not as labels and annotations have them", () => {
  show({ ...ALERT, name: "Slow", severity: "critical", description: "Much too slow" });
  expect(screen.getByRole("button", { name: "Analyze Slow" })).toBeTruthy();
  for (const text of ["Slow", "critical", "Much too slow"]) expect(screen.getByText(text)).toBeTruthy();
  for (const text of ["CheckoutSlow", "page", "Checkout is slow"]) expect(screen.queryByText(text)).toBeNull();
});

it("leaves no empty place where severity and description are empty", () => {
  show({ ...ALERT, severity: "", description: "" });
  const title = screen.getByText(ALERT.name).parentElement;
  expect([...(title?.children ?? [])].filter((each) => each.textContent === "")).toEqual([]);
  expect(document.querySelector("p")).toBeNull();
});

it("says of an alert that starts no analysis why, and still offers one", () => {
  show({ ...ALERT, not_analysed: "its start lies 2 h in the future: check the clocks" });
  expect(screen.getByText("Not analysed: its start lies 2 h in the future: check the clocks")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Analyze CheckoutSlow" })).toBeTruthy();
});

it("says nothing of it where an alert is analysed", () => {
  show(ALERT);
  expect(screen.queryByText(/Not analysed/)).toBeNull();
});
