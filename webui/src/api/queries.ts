/** Queries and mutations of the pages (TanStack Query). The key of tenant data starts with the tenant. */
import { queryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { asProblem } from "./problem";
import type { AnalysisCreate, Report } from "./types";

const ALERTS_INTERVAL_MS = 5_000;
const REPORTS_INTERVAL_MS = 10_000;
/** For a stream that is held up on its way, and for a report that is not known yet. */
const REPORT_INTERVAL_MS = 15_000;
const PAGE = 200;

export function useTenants() {
  return useQuery({
    queryKey: ["tenants"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/tenants", { signal })),
    select: (answer) => answer.tenants,
    staleTime: 60_000,
  });
}

/** The taxonomy of shapes. It changes only with the version of the API, so it is loaded once. */
export const patternsQuery = queryOptions({
  queryKey: ["patterns"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/patterns", { signal })),
  staleTime: Infinity,
  gcTime: Infinity,
});

/** The rows of all pages, each once: between two pages a row may move from the second to the first. */
function uniqueRows<T>(rows: readonly T[], id: (row: T) => string): T[] {
  return [...new Map(rows.map((row) => [id(row), row])).values()];
}

/** `next` of a page as the query of the following one; null asks for the first. */
function pageQuery(before: string | null) {
  return { limit: PAGE, ...(before !== null && { before }) };
}

/** The alerts in the server's order, as many pages as were asked for, with counts over all of them. */
export function useAlerts(tenant: string) {
  return useInfiniteQuery({
    queryKey: [tenant, "alerts"],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api.GET("/api/v1/tenants/{tenant}/alerts", { params: { path: { tenant }, query: pageQuery(pageParam) }, signal }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    select: ({ pages }) => ({
      alerts: uniqueRows(pages.flatMap((page) => page.alerts), (alert) => alert.fingerprint),
      total: pages[0]?.total ?? 0,
      firing: pages[0]?.counts.firing ?? 0,
    }),
    refetchInterval: ALERTS_INTERVAL_MS,
  });
}

/** The latest reports, as many pages as were asked for, with their number over all pages. */
export function useReports(tenant: string) {
  return useInfiniteQuery({
    queryKey: [tenant, "reports"],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api.GET("/api/v1/tenants/{tenant}/reports", { params: { path: { tenant }, query: pageQuery(pageParam) }, signal }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    select: ({ pages }) => ({
      reports: uniqueRows(pages.flatMap((page) => page.reports), (report) => report.report_id),
      total: pages[0]?.total ?? 0,
    }),
    refetchInterval: REPORTS_INTERVAL_MS,
  });
}

/** The few latest reports. */
export function useLatestReports(tenant: string, limit: number) {
  return useQuery({
    queryKey: [tenant, "reports", "latest", limit],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/tenants/{tenant}/reports", { params: { path: { tenant }, query: { limit } }, signal })),
    select: (answer) => answer.reports,
    refetchInterval: REPORTS_INTERVAL_MS,
  });
}

/** Null where the API itself says that there is no such thing. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status === 404 && !problem.transient) return null;
    throw error;
  }
}

export const reportKey = (tenant: string, reportId: string) => [tenant, "report", reportId];

/** Whether another revision may follow: after a look, from late parts, or while an episode of a watch lasts. */
export function grows(report: Pick<Report, "next_look_ms" | "status" | "trigger">): boolean {
  return report.next_look_ms !== null || report.status === "partial" || report.trigger === "watch";
}

/** One report, null where there is none (yet); an event of the tenant's stream loads it again at each revision. */
export function useReport(tenant: string, reportId: string) {
  return useQuery({
    queryKey: reportKey(tenant, reportId),
    queryFn: ({ signal }) =>
      orNull(
        unwrap(
          api.GET("/api/v1/tenants/{tenant}/reports/{report_id}", {
            params: { path: { tenant, report_id: reportId } },
            signal,
          }),
        ),
      ),
    refetchInterval: ({ state: { data } }) => (data === undefined || data === null || grows(data) ? REPORT_INTERVAL_MS : false),
  });
}

export function useStartAnalysis(tenant: string) {
  return useMutation({
    mutationFn: (order: AnalysisCreate) =>
      unwrap(api.POST("/api/v1/tenants/{tenant}/analyses", { params: { path: { tenant } }, body: order })),
  });
}

/** What to delete: one report, or every report where there are just as many as the page has shown. */
export type Deletion = { reportId: string } | { expected: number };

export function useDeleteReports(tenant: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (deletion: Deletion) => {
      if ("expected" in deletion) {
        const params = { path: { tenant }, query: { expected: deletion.expected } };
        await unwrap(api.DELETE("/api/v1/tenants/{tenant}/reports", { params }));
      } else {
        const path = { tenant, report_id: deletion.reportId };
        await unwrap(api.DELETE("/api/v1/tenants/{tenant}/reports/{report_id}", { params: { path } }));
      }
    },
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: [tenant] });
    },
  });
}
