import { expect, it } from "vitest";
import { alertLabels } from "./alertLabels";

it("leaves out the labels that have their own place", () => {
  expect(alertLabels({ severity: "page", alertname: "Slow", zone: "b", cluster: "a" })).toEqual([
    ["cluster", "a"],
    ["zone", "b"],
  ]);
});
