import { Button, Loader } from "@mantine/core";
import { useState } from "react";
import { useDeleteReports, useReports } from "../api/queries";
import { pluralize } from "../format/number";
import { usePageTitle } from "../routing/usePageTitle";
import { useTenant } from "../routing/useTenant";
import { EmptyState, ProblemNotice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import { ConfirmDelete } from "./ConfirmDelete";
import { ReportRow } from "./ReportRow";
import classes from "./ReportsPage.module.css";

/** What a confirmed deletion would delete: one report, or all of them; null asks for nothing. */
type PendingDelete = { all: true } | { all: false; id: string; title: string } | null;

/** The reports of the tenant in descending order of time. */
export function ReportsPage() {
  const tenant = useTenant();
  const reports = useReports(tenant);
  const deletion = useDeleteReports(tenant);
  const [pendingDelete, setPendingDelete] = useState<PendingDelete>(null);
  usePageTitle("Reports");
  const hasReports = reports.data !== undefined && reports.data.length > 0;
  return (
    <Panel
      title="Reports"
      aside={
        hasReports && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setPendingDelete({ all: true })}>
            Delete all
          </Button>
        )
      }
    >
      {reports.isPending && <Loader size="sm" m="lg" aria-label="Loading the reports" />}
      {reports.isError && <ProblemNotice error={reports.error} retry={() => void reports.refetch()} />}
      {deletion.isError && <ProblemNotice error={deletion.error} />}
      {reports.data?.length === 0 && (
        <EmptyState title="No report yet">Analyze an alert or a selector, and its report stands here.</EmptyState>
      )}
      {hasReports && (
        <ul className={classes.list} aria-label="Reports">
          {reports.data.map((report) => (
            <ReportRow
              key={report.report_id}
              tenant={tenant}
              report={report}
              onDelete={() => setPendingDelete({ all: false, id: report.report_id, title: report.title })}
            />
          ))}
        </ul>
      )}
      <ConfirmDelete
        what={pendingDelete === null ? null : pendingDelete.all ? pluralize(reports.data?.length ?? 0, "report", "reports") : pendingDelete.title}
        all={pendingDelete?.all ?? false}
        onClose={() => setPendingDelete(null)}
        onConfirm={() => {
          if (pendingDelete !== null) deletion.mutate(pendingDelete.all ? null : pendingDelete.id);
          setPendingDelete(null);
        }}
      />
    </Panel>
  );
}
