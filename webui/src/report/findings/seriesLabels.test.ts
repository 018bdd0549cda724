import { expect, it } from "vitest";
import { REPORT } from "../../fixtures/report";
import { allLabels, distinguishingLabels, varyingLabels } from "./seriesLabels";

const { findings } = REPORT;
const first = findings[0];
if (first === undefined) throw new Error("the fixture has findings");

it("finds the labels that differ between series", () => {
  expect([...varyingLabels(findings)].sort()).toEqual(["instance", "service"]);
  expect(varyingLabels([]).size).toBe(0);
});

it("shows the varying labels without the entity", () => {
  expect(distinguishingLabels(first, varyingLabels(findings))).toEqual([["instance", "checkout-1"]]);
});

it("puts labels of the target last", () => {
  const series = { ...first, labels: { instance: "a", method: "GET", job: "api" } };
  const names = distinguishingLabels(series, new Set(["instance", "method", "job"])).map(([name]) => name);
  expect(names).toEqual(["method", "instance", "job"]);
});

it("lists every label but the metric name", () => {
  expect(allLabels(first).map(([name]) => name)).toEqual(["cluster", "instance", "service"]);
});
