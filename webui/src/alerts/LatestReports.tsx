import { Link } from "react-router";
import { useLatestReports } from "../api/queries";
import { pluralize } from "../format/number";
import { reportPath, reportsPath } from "../routing/paths";
import { Time } from "../ui/Time";
import classes from "./LatestReports.module.css";

const SHOWN = 5;

/** Links to the latest reports. */
export function LatestReports({ tenant }: { tenant: string }) {
  const reports = useLatestReports(tenant, SHOWN);
  if (reports.data === undefined || reports.data.length === 0) return null;
  return (
    <section className={classes.box} aria-labelledby="latest-reports">
      <h2 id="latest-reports" className={classes.title}>
        <Link to={reportsPath(tenant)}>Latest reports</Link>
      </h2>
      <ul className={classes.list}>
        {reports.data.map((report) => (
          <li key={report.report_id}>
            <Link to={reportPath(tenant, report.report_id)}>{report.title}</Link>
            <span className={classes.about}>
              {report.status === "failed" ? "failed" : (report.entities[0]?.entity ?? pluralize(report.findings, "finding", "findings"))} ·{" "}
              <Time ms={report.published_at_ms ?? report.requested_at_ms} as="age" />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
