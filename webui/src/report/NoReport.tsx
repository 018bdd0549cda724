import { Link } from "react-router";
import { isTerminal, quietText, stageText } from "../progress/stages";
import { useProgress } from "../progress/useProgress";
import { reportsPath } from "../routing/paths";
import { EmptyState } from "../ui/Notice";

/** In place of a report that is not there: its analysis goes on, or has found nothing to tell, or is not known either. */
export function NoReport({ tenant, reportId }: { tenant: string; reportId: string }) {
  const progress = useProgress(tenant, reportId, true);
  if (progress === null) return null;
  if (progress.stage === "quiet") return <EmptyState title="This analysis gave no report">{quietText(progress)}</EmptyState>;
  if (!isTerminal(progress.stage) || progress.stage === "concluded") {
    return <EmptyState title="The report is not ready yet">{`Its analysis: ${stageText(progress)}.`}</EmptyState>;
  }
  return (
    <EmptyState title="There is no such report">
      It may have been deleted. <Link to={reportsPath(tenant)}>To the reports</Link>
    </EmptyState>
  );
}
