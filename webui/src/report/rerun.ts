import type { AnalysisCreate, Report } from "../api/types";

/** The request that repeats this analysis: of the same alert, or of the same selector and window; not the report that is there. */
export function rerunRequest(report: Pick<Report, "alert" | "selector" | "window" | "title">): AnalysisCreate {
  if (report.alert) return { alert_fingerprint: report.alert.fingerprint, anew: true };
  const { split_ms: at, end_ms: end, step_ms: step } = report.window;
  return {
    selector: report.selector,
    at: new Date(at).toISOString(),
    end: new Date(end).toISOString(),
    step: step / 1000,
    title: report.title,
    anew: true,
  };
}
