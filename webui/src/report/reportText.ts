/** The numbers of a report as text. */
import type { Report } from "../api/types";
import { count } from "../format/number";
import { duration } from "../format/time";

/** The onset relative to the alert: `2 min before the alert`; empty where one of the two is missing. */
export function onsetAgainstAlert(report: Pick<Report, "onset_ms" | "alert">): string {
  const alertMs = report.alert?.starts_at_ms;
  if (typeof report.onset_ms !== "number" || alertMs === undefined) return "";
  const lead = alertMs - report.onset_ms;
  if (Math.abs(lead) < 1000) return "with the alert";
  return `${duration(lead)} ${lead > 0 ? "before" : "after"} the alert`;
}

/** Reasons for skipped series, by descending count: `301 constant, 41 too few points`. */
export function skippedText(skipped: Record<string, number> | undefined): string {
  return Object.entries(skipped ?? {})
    .filter(([, number]) => number > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([reason, number]) => `${count(number)} ${reason.replaceAll("_", " ")}`)
    .join(", ");
}

/** Metrics with their numbers of series, the most first: `up (3), probe_success (1), others (12)`. */
export function metricsText(metrics: Record<string, number>): string {
  return Object.entries(metrics)
    .sort(([a, x], [b, y]) => Number(a === "") - Number(b === "") || y - x || a.localeCompare(b))
    .map(([metric, number]) => `${metric || "others"} (${count(number)})`)
    .join(", ");
}

/** Series that began or ended inside the window: `3 appeared, 12 vanished`; empty without any. */
export function appearedVanishedText(counts: Pick<Report["counts"], "appeared" | "vanished">): string {
  const labelled: [number, string][] = [
    [counts.appeared, "appeared"],
    [counts.vanished, "vanished"],
  ];
  return labelled
    .filter(([number]) => number > 0)
    .map(([number, label]) => `${count(number)} ${label}`)
    .join(", ");
}

/** What the number of changed series compares with: `of 721 analysed; about 16 in quiet times`. */
export function changedText(counts: Report["counts"]): string {
  const parts = [`of ${count(counts.analysed)} analysed`, `${count(counts.significant)} of them beyond chance`];
  if (counts.by_chance > 0) parts.push(`about ${count(counts.by_chance)} in quiet times`);
  if (counts.suppressed_by_season > 0) parts.push(`${count(counts.suppressed_by_season)} moved as in the earlier window`);
  return [...parts, appearedVanishedText(counts)].filter(Boolean).join("; ");
}

/** The alerts that a report answers, by name, the most frequent first: `PodNotReady (60), HighLatency`. */
export function alertsText(report: Pick<Report, "alerts" | "alerts_total">): string {
  const numbers = new Map<string, number>();
  for (const { name } of report.alerts) numbers.set(name, (numbers.get(name) ?? 0) + 1);
  const names = [...numbers]
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .map(([name, number]) => (number > 1 ? `${name} (${count(number)})` : name));
  const more = report.alerts_total - report.alerts.length;
  return [...names, ...(more > 0 ? [`and ${count(more)} more`] : [])].join(", ");
}

/** Label of the split of the window: the start of the alert, or a time that was given. */
export function splitLabel(report: Pick<Report, "alert">): string {
  return report.alert ? "alert" : "split";
}

/** What is missing from a partial report: each reason with the parts that share it, and how large they are. */
export function missingText(missing: Report["missing"]): string[] {
  const byReason = new Map<string, Report["missing"]>();
  for (const part of missing) {
    byReason.set(part.reason, [...(byReason.get(part.reason) ?? []), part]);
  }
  return [...byReason].map(([reason, parts]) => {
    const series = parts.reduce((sum, part) => sum + part.series, 0);
    const size = series > 0 ? ` (about ${count(series)} series)` : "";
    return `${parts.length === 1 ? "Part" : "Parts"} ${parts.map(({ number }) => number).join(", ")}${size}: ${reason}`;
  });
}

/** What a revision says that the one before did not, as one sentence without its end; empty in a first one. */
export function changesText(changes: Report["changes"]): string {
  return changes.join("; ");
}
