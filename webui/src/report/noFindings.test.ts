import { expect, it } from "vitest";
import type { Report } from "../api/types";
import { REPORT } from "../fixtures/report";
import { noFindingsText } from "./noFindings";

const none = { ...REPORT.counts, selected: 0, analysed: 0, flagged: 0, skipped: {}, vanished: 0, appeared: 0 };
const whole = { ...none, selected: 12, analysed: 12 };

function said(given: Partial<Report>) {
  const { title, lines } = noFindingsText({ ...REPORT, not_judged: [], ...given });
  return [title, ...lines].join(" | ");
}

it("follows what was judged, and never says by itself that all is well", () => {
  const unjudged = [{ reason: "too short", series: 12, metrics: {} }];
  const cases: [Partial<Report>, string][] = [
    [{ counts: none }, "No series was selected | 0 of 0 selected series were judged."],
    [
      { counts: { ...none, selected: 12, vanished: 12 }, not_judged: unjudged },
      "No series could be judged | 0 of 12 selected series were judged. | Not judged: 12 too short. | Within the window 12 vanished.",
    ],
    [
      { counts: { ...none, selected: 12, skipped: { constant: 12 } } },
      "No series could be judged | 0 of 12 selected series were judged. | Skipped: 12 constant.",
    ],
    [
      { counts: { ...whole, selected: 24 }, not_judged: unjudged },
      "No finding among the series that could be judged | 12 of 24 selected series were judged. | Not judged: 12 too short.",
    ],
    [
      { counts: { ...whole, analysed: 0, vanished: 12 }, no_all_clear: "12 of 12 series ended inside the window" },
      "This is not an all-clear | 12 of 12 series ended inside the window. | 0 of 12 selected series were judged.",
    ],
    [{ counts: { ...whole, vanished: 3 } }, "No finding among the series that could be judged |"],
    [{ counts: whole, status: "partial" }, "No finding among the series that could be judged |"],
    [{ counts: whole, missing: [{ number: 1, reason: "late", series: 0, metrics: {} }] }, "Parts of the series are missing from this report."],
    [{ counts: whole }, "No finding | 12 of 12 selected series were judged. | None of them was flagged as changed. |"],
    [{ counts: { ...whole, flagged: 2 } }, "2 series moved, no more than such series do by chance"],
  ];
  for (const [given, text] of cases) {
    expect(said(given)).toContain(text);
    expect(said(given)).not.toMatch(/abnormal|all is well|kept to/i);
  }
});
