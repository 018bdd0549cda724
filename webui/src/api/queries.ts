/** Queries and mutations of the pages (TanStack Query). The key of tenant data starts with the tenant. */
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import type { AnalysisCreate } from "./types";

const ALERTS_INTERVAL_MS = 5_000;
const REPORTS_INTERVAL_MS = 10_000;
const LIMIT = 200;

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

export function useAlerts(tenant: string) {
  return useQuery({
    queryKey: [tenant, "alerts"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/tenants/{tenant}/alerts", { params: { path: { tenant }, query: { limit: LIMIT } }, signal })),
    select: (answer) => answer.alerts,
    refetchInterval: ALERTS_INTERVAL_MS,
  });
}

export function useReports(tenant: string) {
  return useQuery({
    queryKey: [tenant, "reports"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/tenants/{tenant}/reports", { params: { path: { tenant }, query: { limit: LIMIT } }, signal })),
    select: (answer) => answer.reports,
    refetchInterval: REPORTS_INTERVAL_MS,
  });
}

/** One report; `useRevisions` loads it again at each revision. */
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
  });
}

export function useStartAnalysis(tenant: string) {
  return useMutation({
    mutationFn: (order: AnalysisCreate) =>
      unwrap(api.POST("/api/v1/tenants/{tenant}/analyses", { params: { path: { tenant } }, body: order })),
  });
}

/** Deletes one report, or with null every report of the tenant. */
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
