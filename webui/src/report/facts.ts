/** The facts of a report in words. */
import type { AnalysisOrder, Report } from "../api/types";
import { count } from "../format/number";
import { span, utc } from "../format/time";

/**
 * The verdict around its onset, which it names in UTC: the page shows that instant as it shows all others.
 * Null where the verdict does not name it.
 */
export function aroundOnset(report: Pick<Report, "verdict" | "onset_ms">): [string, string] | null {
  if (typeof report.onset_ms !== "number") return null;
  const named = `${utc(report.onset_ms).slice(11, 19)} UTC`;
  const at = report.verdict.indexOf(named);
  return at < 0 ? null : [report.verdict.slice(0, at), report.verdict.slice(at + named.length)];
}

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

/** Series that began or ended inside the window: `3 appeared, 12 vanished`; empty without any. */
export function edgesText(counts: Pick<Report["counts"], "appeared" | "vanished">): string {
  const told: [number, string][] = [
    [counts.appeared, "appeared"],
    [counts.vanished, "vanished"],
  ];
  return told
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${count(number)} ${what}`)
    .join(", ");
}

/** What stands behind the number of changed series: `of 721 analysed; about 16 in quiet times`. */
export function changedText(counts: Report["counts"]): string {
  const parts = [`of ${count(counts.analysed)} analysed`];
  if (counts.by_chance > 0) parts.push(`about ${count(counts.by_chance)} in quiet times`);
  if (counts.explained > 0) parts.push(`${count(counts.explained)} moved as in the earlier window`);
  return [...parts, edgesText(counts)].filter(Boolean).join("; ");
}

/** What the split of the window stands for. */
export function splitName(report: Pick<Report, "alert">): string {
  return report.alert ? "alert" : "split";
}

/** The order that makes this analysis once more: the alert's, or the same selector and times. */
export function sameAgain(report: Pick<Report, "alert" | "selector" | "window" | "title">): AnalysisOrder {
  if (report.alert) return { alert_fingerprint: report.alert.fingerprint };
  const { split_ms: at, end_ms: end, step_ms: step } = report.window;
  return {
    selector: report.selector,
    at: new Date(at).toISOString(),
    end: new Date(end).toISOString(),
    step: step / 1000,
    title: report.title,
  };
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
