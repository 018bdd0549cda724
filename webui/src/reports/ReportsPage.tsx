import { Button } from "@mantine/core";
import { useState } from "react";
import { useDeleteReports, useReports } from "../api/queries";
import { useMayChange } from "../api/session";
import { pluralize } from "../format/number";
import { usePageTitle } from "../routing/usePageTitle";
import { useTenant } from "../routing/useTenant";
import { MoreButton } from "../ui/MoreButton";
import { EmptyState, ProblemNotice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import { QueryStatus } from "../ui/QueryStatus";
import { ConfirmDelete } from "./ConfirmDelete";
import { ReportRow } from "./ReportRow";
import classes from "./ReportsPage.module.css";

/** What a confirmed deletion would delete: one report, or as many as there were when it was asked; null asks for nothing. */
type PendingDelete = { expected: number } | { reportId: string; title: string } | null;

/** The reports of the tenant in descending order of time. */
export function ReportsPage() {
  const tenant = useTenant();
  const reports = useReports(tenant);
  const deletion = useDeleteReports(tenant);
  const [pending, setPending] = useState<PendingDelete>(null);
  const { data } = reports;
  const total = data?.total ?? 0;
  usePageTitle("Reports");
  const named = pending === null ? null : "expected" in pending ? pluralize(pending.expected, "report", "reports") : pending.title;
  return (
    <Panel title="Reports" aside={total > 0 && <Totals total={total} onDeleteAll={() => setPending({ expected: total })} />}>
      <QueryStatus query={reports} what="the reports" />
      {deletion.isError && <ProblemNotice error={deletion.error} />}
      {data !== undefined && total === 0 && (
        <EmptyState title="No report yet">Analyze an alert or a selector, and its report appears here.</EmptyState>
      )}
      {data !== undefined && data.reports.length > 0 && (
        <ul className={classes.list} aria-label="Reports">
          {data.reports.map((report) => (
            <ReportRow
              key={report.report_id}
              tenant={tenant}
              report={report}
              onDelete={() => setPending({ reportId: report.report_id, title: report.title })}
            />
          ))}
        </ul>
      )}
      <MoreButton
        shown={data?.reports.length ?? 0}
        total={total}
        more={reports.hasNextPage}
        loading={reports.isFetchingNextPage}
        onMore={() => void reports.fetchNextPage()}
      />
      <ConfirmDelete
        what={named}
        all={pending !== null && "expected" in pending}
        onClose={() => setPending(null)}
        onConfirm={() => {
          // The row that was asked about goes, and the focus with it.
          const onSuccess = () => document.getElementById("main")?.focus({ preventScroll: true });
          if (pending !== null) deletion.mutate(pending, { onSuccess });
          setPending(null);
        }}
      />
    </Panel>
  );
}

function Totals({ total, onDeleteAll }: { total: number; onDeleteAll: () => void }) {
  const mayChange = useMayChange();
  return (
    <>
      {pluralize(total, "report", "reports")}{" "}
      {mayChange && (
        <Button size="compact-xs" variant="subtle" color="gray" onClick={onDeleteAll}>
          Delete all
        </Button>
      )}
    </>
  );
}
