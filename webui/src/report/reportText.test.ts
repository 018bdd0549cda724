import { describe, expect, it } from "vitest";
import { REPORT } from "../fixtures/report";
import { alertsText, appearedVanishedText, changedText, metricsText, missingText, onsetAgainstAlert, skippedText, splitLabel } from "./reportText";

describe("the text of a report", () => {
  it("relates the onset to the alert", () => {
    expect(onsetAgainstAlert(REPORT)).toBe("2 min before the alert");
    expect(onsetAgainstAlert({ ...REPORT, onset_ms: REPORT.window.split_ms + 30_000 })).toBe("30 s after the alert");
    expect(onsetAgainstAlert({ ...REPORT, onset_ms: REPORT.window.split_ms })).toBe("with the alert");
    expect(onsetAgainstAlert({ ...REPORT, alert: null })).toBe("");
  });

  it("names the alerts that it answers, the most frequent first", () => {
    const named = (name: string) => ({ fingerprint: name, name, severity: "", status: "firing" as const, starts_at_ms: 0 });
    const alerts = [named("HighLatency"), named("PodNotReady"), named("PodNotReady"), named("Errors")];
    expect(alertsText({ alerts, alerts_total: 4 })).toBe("PodNotReady (2), Errors, HighLatency");
    expect(alertsText({ alerts, alerts_total: 64 })).toBe("PodNotReady (2), Errors, HighLatency, and 60 more");
  });

  it("lists reasons by descending count", () => {
    expect(skippedText(REPORT.counts.skipped)).toBe("180 constant, 20 too short");
    expect(skippedText(undefined)).toBe("");
    expect(appearedVanishedText({ appeared: 0, vanished: 0 })).toBe("");
    expect(appearedVanishedText({ appeared: 3, vanished: 1200 })).toBe("3 appeared, 1\u202f200 vanished");
    const counts = { ...REPORT.counts, analysed: 1000, appeared: 2, vanished: 0, by_chance: 22, suppressed_by_season: 0 };
    expect(changedText(counts)).toBe("of 1\u202f000 analysed; 5 of them beyond chance; about 22 in quiet times; 2 appeared");
    expect(changedText({ ...counts, by_chance: 0, appeared: 0, suppressed_by_season: 4 })).toBe(
      "of 1\u202f000 analysed; 5 of them beyond chance; 4 moved as in the earlier window",
    );
    const missing = [
      { number: 3, reason: "no answer", series: 900, metrics: { up: 900 } },
      { number: 4, reason: "no answer", series: 400, metrics: { "": 400 } },
      { number: 1, reason: "too big", series: 0, metrics: {} },
    ];
    expect(missingText(missing)).toEqual(["Parts 3, 4 (about 1\u202f300 series): no answer", "Part 1: too big"]);
  });

  it("labels the split", () => {
    expect(splitLabel(REPORT)).toBe("alert");
    expect(splitLabel({ alert: null })).toBe("split");
  });
});

it("lists metrics by their number of series, the unnamed ones last", () => {
  expect(metricsText({ "": 12, up: 1, probe_success: 3, a: 3 })).toBe("a (3), probe_success (3), up (1), others (12)");
  expect(metricsText({ "": 4 })).toBe("others (4)");
});
