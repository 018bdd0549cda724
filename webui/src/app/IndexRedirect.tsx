import { Navigate } from "react-router";
import { useTenants } from "../api/queries";
import { alertsPath } from "../routing/paths";
import { EmptyState } from "../ui/Notice";
import { QueryStatus } from "../ui/QueryStatus";
import { lastTenant } from "./lastTenant";

/** Index route: redirects to the alerts of the tenant shown last, or of the first one. */
export function IndexRedirect() {
  const tenants = useTenants();
  if (tenants.data === undefined) return <QueryStatus query={tenants} what="the tenants" />;
  const last = lastTenant();
  const tenant = tenants.data.find((each) => each.id === last) ?? tenants.data[0];
  if (tenant === undefined) return <EmptyState title="No tenant">Name one in the settings of the API.</EmptyState>;
  return <Navigate to={alertsPath(tenant.id)} replace />;
}
