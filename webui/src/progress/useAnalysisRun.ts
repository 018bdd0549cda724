import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { useStartAnalysis } from "../api/queries";
import type { AnalysisCreate, Progress } from "../api/types";
import { reportPath } from "../routing/paths";
import { laterProgress } from "./stages";
import { isOver, useProgress } from "./useProgress";

export interface AnalysisRun {
  start: (order: AnalysisCreate) => void;
  /** A request is pending or an analysis is running; only one at a time. */
  busy: boolean;
  progress: Progress | null;
  error: unknown;
}

/**
 * Starts an analysis, follows its progress and navigates to its report.
 * `listed` is the latest run as a list shows it; its progress is followed too, without navigation.
 */
export function useAnalysisRun(tenant: string, listed: Progress | null = null): AnalysisRun {
  const mutation = useStartAnalysis(tenant);
  const [ownId, setOwnId] = useState<string | null>(null);
  const told = useProgress(tenant, ownId ?? listed?.request_id ?? null, ownId !== null);
  const progress = ownId !== null || listed === null ? told : told === null ? listed : laterProgress(listed, told);
  const navigate = useNavigate();
  const queries = useQueryClient();

  const ended = ownId !== null && progress !== null && isOver(progress);
  const reportId = progress?.report_id ?? "";
  useEffect(() => {
    if (!ended) return;
    void queries.invalidateQueries({ queryKey: [tenant, "alerts"] });
    void queries.invalidateQueries({ queryKey: [tenant, "reports"] });
    if (reportId !== "") void navigate(reportPath(tenant, reportId));
  }, [ended, reportId, tenant, navigate, queries]);

  const runs = progress === null ? ownId !== null : !isOver(progress);
  return {
    start: (order) => mutation.mutate(order, { onSuccess: (answer) => setOwnId(answer.request_id) }),
    // One that a list shows as concluded has its report on the way; it is not waited for.
    busy: mutation.isPending || (runs && !(ownId === null && progress?.stage === "concluded")),
    progress,
    error: mutation.error,
  };
}
