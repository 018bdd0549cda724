import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { useStartAnalysis } from "../api/queries";
import type { AnalysisCreate, Progress } from "../api/types";
import { reportPath } from "../routing/paths";
import { isTerminal } from "./stages";
import { useProgress } from "./useProgress";

/** A run that the API already lists. */
interface KnownRun {
  requestId: string | null;
  running: boolean;
}

export interface AnalysisRun {
  start: (order: AnalysisCreate) => void;
  /** A request is pending or an analysis is running; only one at a time. */
  busy: boolean;
  progress: Progress | null;
  error: unknown;
}

/**
 * Starts an analysis, follows its progress and navigates to its report.
 * `known` is the run that the list already shows; the progress of such a run is followed, without navigation.
 */
export function useAnalysisRun(tenant: string, known: KnownRun = { requestId: null, running: false }): AnalysisRun {
  const mutation = useStartAnalysis(tenant);
  const [ownRequestId, setOwnRequestId] = useState<string | null>(null);
  const progress = useProgress(tenant, ownRequestId ?? (known.running ? known.requestId : null));
  const navigate = useNavigate();
  const queries = useQueryClient();

  const stage = progress?.stage ?? null;
  const reportId = progress?.report_id ?? "";
  const finished = stage !== null && isTerminal(stage);

  useEffect(() => {
    if (!finished) return;
    void queries.invalidateQueries({ queryKey: [tenant, "alerts"] });
    void queries.invalidateQueries({ queryKey: [tenant, "reports"] });
    if (ownRequestId !== null && reportId !== "") void navigate(reportPath(tenant, reportId));
  }, [finished, ownRequestId, reportId, tenant, navigate, queries]);

  return {
    start: (order) => mutation.mutate(order, { onSuccess: (answer) => setOwnRequestId(answer.request_id) }),
    busy: mutation.isPending || (ownRequestId !== null && !finished) || (progress !== null && !finished),
    progress,
    error: mutation.error,
  };
}
