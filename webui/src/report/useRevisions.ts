import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Report, ReportRevision } from "../api/types";

/** URL of the event stream of a report's revisions. */
export function revisionsUrl(tenant: string, reportId: string): string {
  return `/api/v1/tenants/${encodeURIComponent(tenant)}/reports/${encodeURIComponent(reportId)}/events`;
}

/** Whether another revision may follow: after a look, from late parts, or while an episode of a watch lasts. */
export function grows(report: Pick<Report, "next_look_ms" | "status" | "trigger">): boolean {
  return report.next_look_ms !== null || report.status === "partial" || report.trigger === "watch";
}

/**
 * Loads a growing report again at each new revision, by server-sent events until it grows no more.
 * EventSource reconnects after a lost connection, and the stream starts with the revision that is there.
 */
export function useRevisions(report: Report | undefined): void {
  const queries = useQueryClient();
  const tenant = report?.tenant ?? "";
  const reportId = report !== undefined && grows(report) ? report.report_id : "";
  const revision = report?.revision ?? 0;

  useEffect(() => {
    if (reportId === "") return undefined;
    const source = new EventSource(revisionsUrl(tenant, reportId));
    const onRevision = (event: MessageEvent<string>) => {
      const received = JSON.parse(event.data) as ReportRevision;
      if (received.revision > revision) void queries.invalidateQueries({ queryKey: [tenant, "report", reportId] });
      if (!received.grows) source.close();
    };
    source.addEventListener("revision", onRevision);
    return () => {
      source.removeEventListener("revision", onRevision);
      source.close();
    };
  }, [tenant, reportId, revision, queries]);
}
