import { expect, it } from "vitest";
import { alertDescription, alertLabels, alertName } from "./alertText";

it("falls back to the fingerprint as the name", () => {
  expect(alertName({ labels: { alertname: "Slow" }, fingerprint: "f" })).toBe("Slow");
  expect(alertName({ labels: {}, fingerprint: "f" })).toBe("f");
});

it("leaves out the labels that have their own place", () => {
  expect(alertLabels({ severity: "page", alertname: "Slow", zone: "b", cluster: "a" })).toEqual([
    ["cluster", "a"],
    ["zone", "b"],
  ]);
});

it("takes the description from the first annotation there is", () => {
  expect(alertDescription({ description: "long" })).toBe("long");
  expect(alertDescription(undefined)).toBe("");
});
