import { useParams } from "react-router";
import { useReport } from "../api/queries";
import type { Report } from "../api/types";
import { usePageTitle } from "../routing/usePageTitle";
import { useTenant } from "../routing/useTenant";
import { QueryStatus } from "../ui/QueryStatus";
import { Findings } from "./findings/Findings";
import { Headline } from "./Headline";
import { NoFindings } from "./NoFindings";
import { NoReport } from "./NoReport";
import { NotJudged } from "./NotJudged";
import { ReportMetadata } from "./ReportMetadata";
import { splitLabel } from "./reportText";
import classes from "./ReportPage.module.css";

/** The report whose id is in the URL. */
export default function ReportPage() {
  const tenant = useTenant();
  const { reportId = "" } = useParams();
  const report = useReport(tenant, reportId);
  usePageTitle(report.data?.title ?? "Report");
  if (report.data === null) return <NoReport tenant={tenant} reportId={reportId} />;
  return (
    <>
      <QueryStatus query={report} what="the report" />
      {report.data !== undefined && <ReportView key={reportId} report={report.data} />}
    </>
  );
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
      {!hasFindings && (report.no_all_clear !== "" || (report.status !== "failed" && report.next_look_ms === null)) && (
        <NoFindings report={report} />
      )}
    </article>
  );
}
