// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { MemoryRouter, useLocation } from "react-router";
import { afterEach, expect, it, vi } from "vitest";
import { patternsQuery } from "../api/queries";
import type { Pattern, PatternRead, Report } from "../api/types";
import { PATTERNS } from "../fixtures/patterns";
import { REPORT } from "../fixtures/report";
import { ReportView } from "./ReportPage";

// The chart needs a canvas; the browser test draws it for real.
vi.mock("../chart/SeriesChart", () => ({ SeriesChart: () => <div data-testid="chart" /> }));

afterEach(cleanup);

function Search() {
  return <output aria-label="search">{useLocation().search}</output>;
}

/** Show a report; with null as its patterns the taxonomy is still on its way. */
function show(report: Report, url = "/", patterns: PatternRead[] | null = PATTERNS) {
  const client = new QueryClient({ defaultOptions: { queries: { enabled: false } } });
  if (patterns !== null) client.setQueryData(patternsQuery.queryKey, { patterns });
  return render(
    <MantineProvider>
      <QueryClientProvider client={client}>
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

it("says what a revision changed and when the report is looked at again", () => {
  show(REPORT);
  expect(screen.queryByLabelText("Growth of this report")).toBeNull();
  cleanup();
  show({ ...REPORT, revision: 8, changes: ["payment moved from 4th to 1st", "3 more series changed"], next_look_ms: 1_795_447_300_000 });
  const growth = screen.getByLabelText("Growth of this report").textContent;
  expect(growth).toContain("Revision 8, changed since the one before: payment moved from 4th to 1st; 3 more series changed.");
  expect(growth).toContain("The next look is at ");
});

it("never says that nothing was found while another look follows", () => {
  const quiet = { ...REPORT, findings: [], entities: [], counts: { ...REPORT.counts, flagged: 0 } };
  show({ ...quiet, next_look_ms: 1_795_447_300_000 });
  expect(screen.queryByText(/No finding/)).toBeNull();
  cleanup();
  show({ ...quiet, status: "failed", next_look_ms: 1_795_447_300_000 });
  expect(screen.getByLabelText("Growth of this report").textContent).toContain("The next try is at ");
  cleanup();
  show(quiet);
  expect(screen.getByText(/No finding/)).toBeTruthy();
});

it("gives no all-clear beside a verdict that nothing could be judged", () => {
  const ended = { reason: "ended within the window", series: 12, metrics: { up: 12 } };
  const verdict = "Nothing could be judged: 12 of 12 series ended.";
  show({
    ...REPORT,
    verdict,
    verdict_parts: [{ kind: "text", text: verdict, ms: null }],
    findings: [],
    entities: [],
    counts: { ...REPORT.counts, selected: 12, analysed: 0, flagged: 0, vanished: 12, skipped: { ended: 12 } },
    not_judged: [ended],
  });
  expect(screen.getByText("No series could be judged")).toBeTruthy();
  expect(screen.getByText(/Not judged: 12 ended within the window\./)).toBeTruthy();
  expect(document.body.textContent).not.toMatch(/nothing abnormal|kept to its baseline|every analysed/i);
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

it("ignores a filter of the URL that matches nothing", () => {
  show(REPORT, "/?pattern=circle&entity=redis");
  expect(rows().map((row) => row.dataset.rank)).toEqual(["4"]);
  expect(screen.queryByRole("button", { name: /circle/ })).toBeNull();
});

it("shows plain names until the taxonomy is there", () => {
  show(REPORT, "/", null);
  expect(screen.getByRole("button", { name: /^steady_increase/, pressed: false })).toBeTruthy();
  expect(rows()[2]?.textContent).toContain("steady_increase");
  expect(screen.getByText("90% sure, still abnormal")).toBeTruthy();
  cleanup();
  show(REPORT);
  expect(screen.getByRole("button", { name: /^steady increase/, pressed: false }).title).toBe("still abnormal");
  expect(rows()[2]?.textContent).toContain("steady increase");
  expect(screen.getByText("90% sure, still abnormal")).toBeTruthy();
});

it("shows a shape that neither page nor taxonomy knows, in the colour of the finding's type", () => {
  const findings = REPORT.findings.map((each) => ({ ...each, pattern: "sawtooth" as Pattern, pattern_type: 2 as const }));
  show({ ...REPORT, findings }, "/?pattern=sawtooth");
  const chip = screen.getByRole("button", { name: /^sawtooth/, pressed: true });
  expect(chip.querySelector("svg")?.dataset.type).toBe("2");
  expect(rows()).toHaveLength(5);
});

it("says when no series passes, when nothing was found, when it failed and when parts are missing", () => {
  show(REPORT, "/?pattern=single_spike&entity=postgres");
  expect(screen.getByText("No series passes both filters")).toBeTruthy();
  // The filter that hides the rest stays in sight, so that it can be removed.
  expect(screen.getByRole("button", { name: "single spike 0", pressed: true }).querySelector("svg")?.dataset.type).toBe("2");
  cleanup();
  const nothing = { ...REPORT, findings: [], entities: [], patterns: {}, counts: { ...REPORT.counts, flagged: 0 } };
  show(nothing);
  expect(screen.getByText("None of them was flagged as changed.")).toBeTruthy();
  cleanup();
  show({ ...nothing, counts: REPORT.counts });
  expect(screen.getByText(/^5 series moved, no more than such series do by chance/)).toBeTruthy();
  cleanup();
  show({ ...nothing, no_all_clear: "12 of 12 series ended inside the window" });
  expect(screen.queryByText("Nothing abnormal was found")).toBeNull();
  expect(screen.getByText("12 of 12 series ended inside the window.")).toBeTruthy();
  cleanup();
  show({ ...nothing, status: "failed", reason: "The source did not answer" });
  expect(screen.getByRole("alert").textContent).toContain("The source did not answer");
  cleanup();
  show({ ...REPORT, status: "partial", missing: [{ number: 2, reason: "no answer in time", series: 0, metrics: {} }] });
  expect(screen.getByText("Part 2: no answer in time")).toBeTruthy();
});

it("says what it has not judged, by reason and metric, and the notes on it", () => {
  show({ ...REPORT, notes: ["No series has the label cluster.", "The newest samples are 2 min old."] });
  expect(screen.getByText("Not judged: 20 series")).toBeTruthy();
  expect(screen.getByText("probe_success (17), others (3)")).toBeTruthy();
  expect(screen.getByText("No series has the label cluster.")).toBeTruthy();
  expect(screen.getByText("The newest samples are 2 min old.")).toBeTruthy();
  cleanup();
  show({ ...REPORT, not_judged: [] });
  expect(screen.queryByText(/Not judged/)).toBeNull();
  expect(screen.queryByText("No series has the label cluster.")).toBeNull();
});
