import { describe, expect, it } from "vitest";
import type { AlertView } from "../api/types";
import { REPORT } from "../fixtures/report";
import { alertLabels, alertName, alertText, inOrder } from "./order";

const alert = (fingerprint: string, status: "firing" | "resolved", starts_at_ms: number): AlertView => {
  if (!REPORT.alert) throw new Error("the fixture has an alert");
  return { ...REPORT.alert, fingerprint, status, starts_at_ms, request_id: null, stage: null, report_id: null };
};

describe("alerts", () => {
  it("stand with what fires first, then the latest", () => {
    const alerts = [alert("a", "resolved", 9), alert("b", "firing", 1), alert("c", "firing", 5), alert("d", "resolved", 7)];
    expect(inOrder(alerts).map((each) => each.fingerprint)).toEqual(["c", "b", "a", "d"]);
  });

  it("have a name even without one", () => {
    expect(alertName({ labels: { alertname: "Slow" }, fingerprint: "f" })).toBe("Slow");
    expect(alertName({ labels: {}, fingerprint: "f" })).toBe("f");
  });

  it("show what is not said elsewhere", () => {
    expect(alertLabels({ severity: "page", alertname: "Slow", zone: "b", cluster: "a" })).toEqual([
      ["cluster", "a"],
      ["zone", "b"],
    ]);
    expect(alertText({ description: "long" })).toBe("long");
    expect(alertText(undefined)).toBe("");
  });
});
