/** Which labels of a series are worth showing. */
import type { Finding } from "../../api/types";

/** The labels that a reader needs, as the report names them; of an older report all. */
export function shownLabels(finding: Finding): [string, string][] {
  const names = finding.shown_labels;
  if (names == null) return allLabels(finding);
  return names.map((name) => [name, finding.labels[name] ?? ""]);
}

/** Every label but the metric name, sorted by name. */
export function allLabels(finding: Finding): [string, string][] {
  return Object.entries(finding.labels)
    .filter(([name]) => name !== "__name__")
    .sort(([a], [b]) => a.localeCompare(b));
}
