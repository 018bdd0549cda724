import { lazy } from "react";
import { Link, Navigate, Route, Routes } from "react-router";
import { AlertsPage } from "../alerts/AlertsPage";
import { ReportsPage } from "../reports/ReportsPage";
import { Empty } from "../ui/Notice";
import { Shell } from "./Shell";
import { Start } from "./Start";

// The chart library comes with the report page only.
const ReportPage = lazy(() => import("../report/ReportPage"));

export function App() {
  return (
    <Routes>
      <Route index element={<Start />} />
      <Route path="/t/:tenant" element={<Shell />}>
        <Route index element={<Navigate to="alerts" replace />} />
        <Route path="alerts" element={<AlertsPage />} />
        <Route path="reports" element={<ReportsPage />} />
        <Route path="reports/:reportId" element={<ReportPage />} />
      </Route>
      <Route
        path="*"
        element={
          <Empty title="There is no such page">
            <Link to="/">To the alerts</Link>
          </Empty>
        }
      />
    </Routes>
  );
}
