/** Name, labels and description of an alert as the list shows them. */
import type { AlertRead } from "../api/types";

/** The alert's name, or its fingerprint where it has none. */
export function alertName(alert: Pick<AlertRead, "labels" | "fingerprint">): string {
  return alert.labels.alertname ?? alert.fingerprint;
}

/** Labels that the row shows in their own places. */
const SHOWN_ELSEWHERE = new Set(["alertname", "severity"]);

/** The other labels, sorted by name. */
export function alertLabels(labels: Record<string, string>): [string, string][] {
  return Object.entries(labels)
    .filter(([name]) => !SHOWN_ELSEWHERE.has(name))
    .sort(([a], [b]) => a.localeCompare(b));
}

/** The text that the alerting rule gives the alert. */
export function alertDescription(annotations: Record<string, string> | undefined): string {
  return annotations?.summary ?? annotations?.description ?? annotations?.message ?? "";
}
