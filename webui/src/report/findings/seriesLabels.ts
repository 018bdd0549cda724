/** Which labels of a series are worth showing. */
import type { Finding } from "../../api/types";

/** Names of the labels whose values differ between these series. */
export function varyingLabels(findings: readonly Finding[]): Set<string> {
  const first = findings[0]?.labels ?? {};
  const names = new Set(findings.flatMap((finding) => Object.keys(finding.labels)));
  names.delete("__name__");
  const varying = [...names].filter((name) => findings.some((finding) => finding.labels[name] !== first[name]));
  return new Set(varying);
}

/** Labels that name the scraped target. They say less than the labels of the metric, so they come last. */
const TARGET_LABELS = new Set(["instance", "job", "pod", "node", "container", "endpoint"]);

/** The varying labels of a series, without the one that names its entity, which is shown on its own. */
export function distinguishingLabels(finding: Finding, varying: ReadonlySet<string>): [string, string][] {
  return Object.entries(finding.labels)
    .filter(([name, value]) => varying.has(name) && value !== finding.entity)
    .sort(([a], [b]) => Number(TARGET_LABELS.has(a)) - Number(TARGET_LABELS.has(b)) || a.localeCompare(b));
}

/** Every label but the metric name, sorted by name. */
export function allLabels(finding: Finding): [string, string][] {
  return Object.entries(finding.labels)
    .filter(([name]) => name !== "__name__")
    .sort(([a], [b]) => a.localeCompare(b));
}
