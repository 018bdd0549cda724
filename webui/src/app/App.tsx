import { lazy } from "react";
import { Link, Navigate, Route, Routes } from "react-router";
import { AlertsPage } from "../alerts/AlertsPage";
import { ReportsPage } from "../reports/ReportsPage";
import { EmptyState } from "../ui/Notice";
import { WatchesPage } from "../watches/WatchesPage";
import { reloadWhenServed } from "./reloadWhenServed";
import { AppShell } from "./AppShell";
import { IndexRedirect } from "./IndexRedirect";
import { SessionGate } from "./SessionGate";

const importReportPage = () => import("../report/ReportPage");
// Lazy, so that only the report page loads the chart library.
const ReportPage = lazy(() => importReportPage().catch(reloadWhenServed));

export function App() {
  return (
    <SessionGate>
      <Routes>
        <Route index element={<IndexRedirect />} />
        <Route path="/t/:tenant" element={<AppShell />}>
          <Route index element={<Navigate to="alerts" replace />} />
          <Route path="alerts" element={<AlertsPage />} />
          <Route path="reports" element={<ReportsPage />} />
          <Route path="watches" element={<WatchesPage />} />
          <Route path="reports/:reportId" element={<ReportPage />} />
        </Route>
        <Route
          path="*"
          element={
            <EmptyState title="There is no such page">
              <Link to="/">To the alerts</Link>
            </EmptyState>
          }
        />
      </Routes>
    </SessionGate>
  );
}
