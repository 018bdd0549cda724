import { expect, it } from "vitest";
import { REPORT } from "../../fixtures/report";
import { allLabels, shownLabels } from "./seriesLabels";

const first = REPORT.findings[0];
if (first === undefined) throw new Error("the fixture has findings");

it("shows the labels that the report names, in its order", () => {
  expect(shownLabels({ ...first, shown_labels: ["service", "instance"] })).toEqual([
    ["service", "checkout"],
    ["instance", "checkout-1"],
  ]);
  expect(shownLabels({ ...first, shown_labels: [] })).toEqual([]);
});

it("shows every label of an older report's series", () => {
  expect(shownLabels({ ...first, shown_labels: null })).toEqual(allLabels(first));
});

it("lists every label but the metric name", () => {
  expect(allLabels(first).map(([name]) => name)).toEqual(["cluster", "instance", "service"]);
});
