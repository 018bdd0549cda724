/** The facts of a report in words. */
import type { Report } from "../api/types";
import { count } from "../format/number";
import { span } from "../format/time";

/** How the onset stands to the alert: `2 min before the alert`; empty without one of the two. */
export function onsetAgainstAlert(report: Pick<Report, "onset_ms" | "alert">): string {
  const alertMs = report.alert?.starts_at_ms;
  if (typeof report.onset_ms !== "number" || alertMs === undefined) return "";
  const lead = alertMs - report.onset_ms;
  if (Math.abs(lead) < 1000) return "with the alert";
  return `${span(lead)} ${lead > 0 ? "before" : "after"} the alert`;
}

/** Why series were left out, the most frequent reason first: `301 constant, 41 too few points`. */
export function skippedText(skipped: Record<string, number> | undefined): string {
  return Object.entries(skipped ?? {})
    .filter(([, number]) => number > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([reason, number]) => `${count(number)} ${reason.replaceAll("_", " ")}`)
    .join(", ");
}

/** What the split of the window stands for. */
export function splitName(report: Pick<Report, "trigger">): string {
  return report.trigger === "alert" ? "alert" : "split";
}

/** What is missing of a partial report: reasons with the shards that share them. */
export function missingText(missing: Report["missing"]): string[] {
  const byReason = new Map<string, number[]>();
  for (const { number, reason } of missing) {
    byReason.set(reason, [...(byReason.get(reason) ?? []), number]);
  }
  return [...byReason].map(
    ([reason, numbers]) => `${numbers.length === 1 ? "Part" : "Parts"} ${numbers.join(", ")}: ${reason}`,
  );
}
