import type { AlertRead } from "../api/types";

/** Firing before resolved; within each by descending start time. */
export function sortAlerts(alerts: readonly AlertRead[]): AlertRead[] {
  return [...alerts].sort(
    (a, b) => Number(b.status === "firing") - Number(a.status === "firing") || b.starts_at_ms - a.starts_at_ms,
  );
}
