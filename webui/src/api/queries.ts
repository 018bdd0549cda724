/** What the pages read and change, as TanStack Query hooks. Each key starts with the tenant. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import type { AnalysisOrder } from "./types";

const ALERTS_EVERY_MS = 5_000;
const REPORTS_EVERY_MS = 10_000;
const UNFINISHED_EVERY_MS = 5_000;
const SHOWN = 200;

export function useTenants() {
  return useQuery({
    queryKey: ["tenants"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/tenants", { signal })),
    select: (answer) => answer.tenants,
    staleTime: 60_000,
  });
}

export function useAlerts(tenant: string) {
  return useQuery({
    queryKey: [tenant, "alerts"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/tenants/{tenant}/alerts", { params: { path: { tenant }, query: { limit: SHOWN } }, signal })),
    select: (answer) => answer.alerts,
    refetchInterval: ALERTS_EVERY_MS,
  });
}

export function useReports(tenant: string) {
  return useQuery({
    queryKey: [tenant, "reports"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/tenants/{tenant}/reports", { params: { path: { tenant }, query: { limit: SHOWN } }, signal })),
    select: (answer) => answer.reports,
    refetchInterval: REPORTS_EVERY_MS,
  });
}

/** One report. A partial one is asked for again: late shards replace it by a higher revision. */
export function useReport(tenant: string, reportId: string) {
  return useQuery({
    queryKey: [tenant, "report", reportId],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/tenants/{tenant}/reports/{report_id}", {
          params: { path: { tenant, report_id: reportId } },
          signal,
        }),
      ),
    refetchInterval: (query) => (query.state.data?.status === "partial" ? UNFINISHED_EVERY_MS : false),
  });
}

export function useStartAnalysis(tenant: string) {
  return useMutation({
    mutationFn: (order: AnalysisOrder) =>
      unwrap(api.POST("/api/v1/tenants/{tenant}/analyses", { params: { path: { tenant } }, body: order })),
  });
}

/** Delete one report, or with null every report of the tenant. */
export function useDeleteReports(tenant: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (reportId: string | null) => {
      if (reportId === null) {
        await unwrap(api.DELETE("/api/v1/tenants/{tenant}/reports", { params: { path: { tenant } } }));
      } else {
        const path = { tenant, report_id: reportId };
        await unwrap(api.DELETE("/api/v1/tenants/{tenant}/reports/{report_id}", { params: { path } }));
      }
    },
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: [tenant] });
    },
  });
}
