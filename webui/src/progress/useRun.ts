import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { useStartAnalysis } from "../api/queries";
import type { AnalysisOrder, Progress } from "../api/types";
import { reportPath } from "../app/paths";
import { ended } from "./stages";
import { useProgress } from "./useProgress";

interface Known {
  requestId: string | null;
  running: boolean;
}

export interface Run {
  start: (order: AnalysisOrder) => void;
  /** Sent or on its way; one at a time. */
  busy: boolean;
  progress: Progress | null;
  error: unknown;
}

/**
 * One analysis from the click to the report: start it, follow it, and go to the report once it is there.
 * `known` is what the list already knows; an analysis that somebody else started is followed, not gone to.
 */
export function useRun(tenant: string, known: Known = { requestId: null, running: false }): Run {
  const started = useStartAnalysis(tenant);
  const [mine, setMine] = useState<string | null>(null);
  const progress = useProgress(tenant, mine ?? (known.running ? known.requestId : null));
  const navigate = useNavigate();
  const queries = useQueryClient();

  const stage = progress?.stage ?? null;
  const reportId = progress?.report_id ?? "";
  const over = stage !== null && ended(stage);

  useEffect(() => {
    if (!over) return;
    void queries.invalidateQueries({ queryKey: [tenant, "alerts"] });
    void queries.invalidateQueries({ queryKey: [tenant, "reports"] });
    if (mine !== null && reportId !== "") void navigate(reportPath(tenant, reportId));
  }, [over, mine, reportId, tenant, navigate, queries]);

  return {
    start: (order) => started.mutate(order, { onSuccess: (answer) => setMine(answer.request_id) }),
    busy: started.isPending || (mine !== null && !over) || (progress !== null && !over),
    progress,
    error: started.error,
  };
}
