import { Loader } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useCallback } from "react";
import { Link, useParams } from "react-router";
import { asProblem } from "../api/problem";
import { useReport } from "../api/queries";
import type { Report } from "../api/types";
import { reportsPath } from "../app/paths";
import { usePageTitle } from "../app/usePageTitle";
import { useTenant } from "../app/useTenant";
import { counted } from "../format/number";
import { Empty, ProblemNotice } from "../ui/Notice";
import { splitName } from "./facts";
import { Facts } from "./Facts";
import { Filters } from "./Filters";
import { Headline } from "./Headline";
import { chosenOf, matching } from "./select";
import { SeriesDetail } from "./SeriesDetail";
import { SeriesList } from "./SeriesList";
import { useView } from "./useView";
import classes from "./ReportPage.module.css";

/** One report, loaded by the id in the address. */
export default function ReportPage() {
  const tenant = useTenant();
  const { reportId = "" } = useParams();
  const report = useReport(tenant, reportId);
  usePageTitle(report.data?.title ?? "Report");
  if (report.isPending) return <Loader size="sm" m="lg" aria-label="Loading the report" />;
  if (report.isError) {
    if (asProblem(report.error).status === 404) {
      return (
        <Empty title="There is no such report">
          It may have been deleted. <Link to={reportsPath(tenant)}>To the reports</Link>
        </Empty>
      );
    }
    return <ProblemNotice error={report.error} retry={() => void report.refetch()} />;
  }
  return <ReportView key={reportId} report={report.data} />;
}

/** A report as a page: the verdict, what it rests on, and the series to look at. */
export function ReportView({ report }: { report: Report }) {
  const findings = report.findings;
  return (
    <article className={classes.page}>
      <Headline report={report} />
      <Facts report={report} />
      {findings.length > 0 && <Found report={report} />}
      {findings.length === 0 && report.status !== "failed" && (
        <Empty title="Nothing abnormal was found">
          Every analysed series kept to its baseline. If the trouble began earlier, analyze the selector with the time
          it began.
        </Empty>
      )}
    </article>
  );
}

function Found({ report }: { report: Report }) {
  const [view, change] = useView();
  const choose = useCallback((rank: number) => change((old) => ({ ...old, series: rank })), [change]);
  const narrow = useMediaQuery("(max-width: 1180px)", false, { getInitialValueInEffect: false });
  const all = report.findings;
  const findings = matching(all, view);
  const chosen = chosenOf(findings, view.series);
  const detail = chosen !== null && (
    <SeriesDetail finding={chosen} window={report.window} splitName={splitName(report)} />
  );
  const omitted = report.omitted > 0 && (
    <p className={classes.omitted}>
      {counted(report.omitted, "weaker finding is", "weaker findings are")} not shown.
    </p>
  );
  return (
    <>
      <Filters entities={report.entities} findings={all} view={view} change={change} />
      {chosen === null ? (
        <Empty title="No series passes both filters">
          <button type="button" className={classes.link} onClick={() => change(() => ({ series: null, pattern: null, entity: null }))}>
            Show all
          </button>
        </Empty>
      ) : (
        <div className={classes.columns}>
          <div>
            <SeriesList
              all={all}
              findings={findings}
              window={report.window}
              chosen={chosen.rank}
              onChoose={choose}
              under={narrow ? detail : undefined}
            />
            {omitted}
          </div>
          {!narrow && <div className={classes.side}>{detail}</div>}
        </div>
      )}
    </>
  );
}
