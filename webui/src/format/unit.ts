import type { Unit } from "./number";

const COUNTED = new Set(["rate", "count_rate"]);

/** The metric's own name inside `rate(NAME)`, without suffixes that Prometheus adds to counters. */
function bare(name: string): string {
  const inner = /\(([^()]+)\)/.exec(name)?.[1] ?? name;
  return inner.replace(/_(total|sum|count|bucket)$/, "");
}

/**
 * The unit of a series, from the naming rules of Prometheus (base units as a suffix) and how it was derived.
 * Source: https://prometheus.io/docs/practices/naming/
 */
export function unitOf(name: string, derivation: string): Unit {
  const metric = bare(name);
  const rated = COUNTED.has(derivation);
  if (derivation === "count_rate") return "/s";
  if (derivation.startsWith("age")) return "seconds";
  if (/_bytes(_|$)/.test(metric)) return rated ? "bytes/s" : "bytes";
  if (/_seconds(_|$)/.test(metric)) return rated ? "s/s" : metric.endsWith("time_seconds") ? "" : "seconds";
  if (metric.endsWith("_ratio")) return "ratio";
  if (/_percent(age)?$/.test(metric)) return "percent";
  return rated ? "/s" : "";
}
