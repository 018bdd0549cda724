import type { Report } from "../api/types";
import { utc } from "../format/time";

/**
 * The verdict before and after its onset, which the sentence names in UTC, so that the page can show local time.
 * Null where the sentence does not name the onset.
 */
export function splitVerdictAtOnset(report: Pick<Report, "verdict" | "onset_ms">): [string, string] | null {
  if (typeof report.onset_ms !== "number") return null;
  const onset = `${utc(report.onset_ms).slice(11, 19)} UTC`;
  const at = report.verdict.indexOf(onset);
  return at < 0 ? null : [report.verdict.slice(0, at), report.verdict.slice(at + onset.length)];
}
