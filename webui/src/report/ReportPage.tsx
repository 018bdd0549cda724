import { Loader } from "@mantine/core";
import { Link, useParams } from "react-router";
import { asProblem } from "../api/problem";
import { useReport } from "../api/queries";
import type { Report } from "../api/types";
import { reportsPath } from "../routing/paths";
import { usePageTitle } from "../routing/usePageTitle";
import { useTenant } from "../routing/useTenant";
import { EmptyState, ProblemNotice } from "../ui/Notice";
import { Findings } from "./findings/Findings";
import { Headline } from "./Headline";
import { NotJudged } from "./NotJudged";
import { ReportMetadata } from "./ReportMetadata";
import { splitLabel } from "./reportText";
import { useRevisions } from "./useRevisions";
import classes from "./ReportPage.module.css";

/** The report whose id is in the URL. */
export default function ReportPage() {
  const tenant = useTenant();
  const { reportId = "" } = useParams();
  const report = useReport(tenant, reportId);
  useRevisions(report.data);
  usePageTitle(report.data?.title ?? "Report");
  if (report.isPending) return <Loader size="sm" m="lg" aria-label="Loading the report" />;
  if (report.isError) {
    if (asProblem(report.error).status === 404) {
      return (
        <EmptyState title="There is no such report">
          It may have been deleted. <Link to={reportsPath(tenant)}>To the reports</Link>
        </EmptyState>
      );
    }
    return <ProblemNotice error={report.error} retry={() => void report.refetch()} />;
  }
  return <ReportView key={reportId} report={report.data} />;
}

/** A loaded report: verdict, metadata, findings. */
export function ReportView({ report }: { report: Report }) {
  const hasFindings = report.findings.length > 0;
  return (
    <article className={classes.page}>
      <Headline report={report} />
      <ReportMetadata report={report} />
      <NotJudged report={report} />
      {hasFindings && <Findings report={report} splitLabel={splitLabel(report)} />}
      {!hasFindings && report.no_all_clear !== "" && (
        <EmptyState title="This is no all-clear">{report.no_all_clear}.</EmptyState>
      )}
      {!hasFindings && report.no_all_clear === "" && report.status !== "failed" && report.next_look_ms === null && (
        <EmptyState title={report.counts.flagged === 0 ? "Nothing abnormal was found" : "Nothing stands out"}>
          {report.counts.flagged === 0
            ? "Every analysed series kept to its baseline."
            : "What moved is no more than such series do by chance, or says nothing about a cause."}{" "}
          If the trouble began earlier, analyze the selector with the time it began.
        </EmptyState>
      )}
    </article>
  );
}
