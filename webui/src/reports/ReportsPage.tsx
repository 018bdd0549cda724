import { Button, Loader } from "@mantine/core";
import { useState } from "react";
import { useDeleteReports, useReports } from "../api/queries";
import { usePageTitle } from "../app/usePageTitle";
import { useTenant } from "../app/useTenant";
import { counted } from "../format/number";
import { Empty, ProblemNotice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import { ConfirmDelete } from "./ConfirmDelete";
import { ReportRow } from "./ReportRow";
import classes from "./ReportsPage.module.css";

/** What is about to be deleted: one report by its id, or all of them. */
type Doomed = { all: true } | { all: false; id: string; title: string } | null;

/** Every report of the tenant, the latest first. */
export function ReportsPage() {
  const tenant = useTenant();
  const reports = useReports(tenant);
  const deletion = useDeleteReports(tenant);
  const [doomed, setDoomed] = useState<Doomed>(null);
  usePageTitle("Reports");
  const some = reports.data !== undefined && reports.data.length > 0;
  return (
    <Panel
      title="Reports"
      aside={
        some && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setDoomed({ all: true })}>
            Delete all
          </Button>
        )
      }
    >
      {reports.isPending && <Loader size="sm" m="lg" aria-label="Loading the reports" />}
      {reports.isError && <ProblemNotice error={reports.error} retry={() => void reports.refetch()} />}
      {deletion.isError && <ProblemNotice error={deletion.error} />}
      {reports.data?.length === 0 && (
        <Empty title="No report yet">Analyze an alert or a selector, and its report stands here.</Empty>
      )}
      {some && (
        <ul className={classes.list} aria-label="Reports">
          {reports.data.map((report) => (
            <ReportRow
              key={report.report_id}
              tenant={tenant}
              report={report}
              onDelete={() => setDoomed({ all: false, id: report.report_id, title: report.title })}
            />
          ))}
        </ul>
      )}
      <ConfirmDelete
        what={doomed === null ? null : doomed.all ? counted(reports.data?.length ?? 0, "report", "reports") : doomed.title}
        all={doomed?.all ?? false}
        onClose={() => setDoomed(null)}
        onConfirm={() => {
          if (doomed !== null) deletion.mutate(doomed.all ? null : doomed.id);
          setDoomed(null);
        }}
      />
    </Panel>
  );
}
