// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { MemoryRouter, useLocation } from "react-router";
import { afterEach, expect, it, vi } from "vitest";
import type { Report } from "../api/types";
import { REPORT } from "../fixtures/report";
import { ReportView } from "./ReportPage";

// The chart needs a canvas; the browser test draws it for real.
vi.mock("../chart/SeriesChart", () => ({ SeriesChart: () => <div data-testid="chart" /> }));

afterEach(cleanup);

function Search() {
  return <output aria-label="search">{useLocation().search}</output>;
}

function show(report: Report, url = "/") {
  return render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <MemoryRouter initialEntries={[url]}>
          <ReportView report={report} />
          <Search />
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

const rows = () =>
  within(screen.getByLabelText("Series, strongest first"))
    .getAllByRole("button")
    .filter((button) => button.dataset.rank !== undefined);
const selected = () => rows().find((row) => row.getAttribute("aria-current") === "true")?.dataset.rank;
const search = () => screen.getByLabelText("search").textContent;

it("opens with the verdict as its headline and the strongest series selected", () => {
  show(REPORT);
  expect(screen.getByRole("heading", { level: 1 }).textContent).toContain("checkout is the likely cause");
  expect(rows()).toHaveLength(5);
  expect(selected()).toBe("1");
  expect(screen.getByTestId("chart")).toBeTruthy();
  expect(screen.getByText(/2 weaker findings are not shown/)).toBeTruthy();
});

it("moves the selection by arrow keys, and the URL with it", () => {
  show(REPORT);
  const list = screen.getByLabelText("Series, strongest first");
  fireEvent.keyDown(list, { key: "ArrowDown" });
  fireEvent.keyDown(list, { key: "ArrowDown" });
  expect([selected(), search()]).toEqual(["3", "?series=3"]);
  fireEvent.keyDown(list, { key: "ArrowUp" });
  expect(selected()).toBe("2");
  fireEvent.keyDown(list, { key: "End" });
  expect(selected()).toBe("5");
  expect(document.activeElement?.getAttribute("data-rank")).toBe("5");
});

it("filters by shape and entity, and shows all again", () => {
  show(REPORT);
  fireEvent.click(screen.getByRole("button", { name: /steady increase/, pressed: false }));
  expect(rows().map((row) => row.dataset.rank)).toEqual(["3", "5"]);
  fireEvent.click(within(screen.getByRole("group", { name: "Where" })).getByRole("button", { name: /postgres/ }));
  expect(rows().map((row) => row.dataset.rank)).toEqual(["3"]);
  expect(search()).toBe("?pattern=steady_increase&entity=postgres");
  fireEvent.click(screen.getByRole("button", { name: "Show all" }));
  expect(rows()).toHaveLength(5);
});

it("opens at the series of the URL", () => {
  show(REPORT, "/?series=4");
  expect(selected()).toBe("4");
});

it("says when no series passes, when nothing was found, when it failed and when parts are missing", () => {
  show(REPORT, "/?pattern=single_dip");
  expect(screen.getByText("No series passes both filters")).toBeTruthy();
  cleanup();
  const nothing = { ...REPORT, findings: [], entities: [], patterns: {} };
  show(nothing);
  expect(screen.getByText("Nothing abnormal was found")).toBeTruthy();
  cleanup();
  show({ ...nothing, status: "failed", reason: "The source did not answer" });
  expect(screen.getByRole("alert").textContent).toContain("The source did not answer");
  cleanup();
  show({ ...REPORT, status: "partial", missing: [{ number: 2, reason: "no answer in time" }] });
  expect(screen.getByText("Part 2: no answer in time")).toBeTruthy();
});
