import { expect, it } from "vitest";
import { REPORT } from "../fixtures/report";
import { splitVerdictAtOnset } from "./verdictText";

it("finds the onset in the verdict", () => {
  expect(splitVerdictAtOnset(REPORT)).toEqual([
    "checkout is the likely cause: requests shifted up at ",
    ", 2 min before the alert.",
  ]);
});

it("finds nothing where the verdict or the report names no onset", () => {
  expect(splitVerdictAtOnset({ verdict: "Nothing abnormal.", onset_ms: REPORT.onset_ms ?? 0 })).toBeNull();
  expect(splitVerdictAtOnset({ verdict: "Nothing abnormal.", onset_ms: null })).toBeNull();
});
