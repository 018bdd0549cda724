/** Labels that the row of an alert shows in their own places. */
const SHOWN_ELSEWHERE = new Set(["alertname", "severity"]);

/** The other labels of an alert, sorted by name. */
export function alertLabels(labels: Record<string, string>): [string, string][] {
  return Object.entries(labels)
    .filter(([name]) => !SHOWN_ELSEWHERE.has(name))
    .sort(([a], [b]) => a.localeCompare(b));
}
