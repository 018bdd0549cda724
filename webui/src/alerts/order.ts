import type { AlertView } from "../api/types";

/** Firing before resolved; within each the latest first. */
export function inOrder(alerts: readonly AlertView[]): AlertView[] {
  return [...alerts].sort(
    (a, b) => Number(b.status === "firing") - Number(a.status === "firing") || b.starts_at_ms - a.starts_at_ms,
  );
}

/** The alert's name, or its fingerprint where it has none. */
export function alertName(alert: Pick<AlertView, "labels" | "fingerprint">): string {
  return alert.labels.alertname ?? alert.fingerprint;
}

const APART = new Set(["alertname", "severity"]);

/** The labels that tell this alert from its namesakes, in order of their names. */
export function alertLabels(labels: Record<string, string>): [string, string][] {
  return Object.entries(labels)
    .filter(([name]) => !APART.has(name))
    .sort(([a], [b]) => a.localeCompare(b));
}

/** What its author wrote about it. */
export function alertText(annotations: Record<string, string> | undefined): string {
  return annotations?.summary ?? annotations?.description ?? annotations?.message ?? "";
}
