import { describe, expect, it } from "vitest";
import { REPORT } from "../fixtures/report";
import { aroundOnset, changedText, edgesText, missingText, onsetAgainstAlert, sameAgain, skippedText, splitName } from "./facts";

describe("facts", () => {
  it("set the onset against the alert", () => {
    expect(onsetAgainstAlert(REPORT)).toBe("2 min before the alert");
    expect(onsetAgainstAlert({ ...REPORT, onset_ms: REPORT.window.split_ms + 30_000 })).toBe("30 s after the alert");
    expect(onsetAgainstAlert({ ...REPORT, onset_ms: REPORT.window.split_ms })).toBe("with the alert");
    expect(onsetAgainstAlert({ ...REPORT, alert: null })).toBe("");
  });

  it("find the onset in the verdict", () => {
    expect(aroundOnset(REPORT)).toEqual([
      "checkout is the likely cause: requests shifted up at ",
      ", 2 min before the alert.",
    ]);
    expect(aroundOnset({ verdict: "Nothing abnormal.", onset_ms: REPORT.onset_ms ?? 0 })).toBeNull();
    expect(aroundOnset({ verdict: "Nothing abnormal.", onset_ms: null })).toBeNull();
  });

  it("list reasons, the most frequent first", () => {
    expect(skippedText(REPORT.counts.skipped)).toBe("180 constant, 20 too short");
    expect(skippedText(undefined)).toBe("");
    expect(edgesText({ appeared: 0, vanished: 0 })).toBe("");
    expect(edgesText({ appeared: 3, vanished: 1200 })).toBe("3 appeared, 1\u202f200 vanished");
    const counts = { ...REPORT.counts, analysed: 1000, appeared: 2, vanished: 0, by_chance: 22, explained: 0 };
    expect(changedText(counts)).toBe("of 1\u202f000 analysed; about 22 in quiet times; 2 appeared");
    expect(changedText({ ...counts, by_chance: 0, appeared: 0, explained: 4 })).toBe(
      "of 1\u202f000 analysed; 4 moved as in the earlier window",
    );
    const missing = [
      { number: 3, reason: "no answer" },
      { number: 4, reason: "no answer" },
      { number: 1, reason: "too big" },
    ];
    expect(missingText(missing)).toEqual(["Parts 3, 4: no answer", "Part 1: too big"]);
  });

  it("name the split by what it stands for", () => {
    expect(splitName(REPORT)).toBe("alert");
    expect(splitName({ alert: null })).toBe("split");
  });

  it("order the same analysis again", () => {
    expect(sameAgain(REPORT)).toEqual({ alert_fingerprint: "abc" });
    expect(sameAgain({ ...REPORT, alert: null })).toEqual({
      selector: '{cluster="shop"}',
      at: "2026-11-23T01:00:00.000Z",
      end: "2026-11-23T01:29:30.000Z",
      step: 30,
      title: "CheckoutSlow",
    });
  });
});
