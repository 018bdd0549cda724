import { Loader } from "@mantine/core";
import { Navigate } from "react-router";
import { useTenants } from "../api/queries";
import { Empty, ProblemNotice } from "../ui/Notice";
import { alertsPath } from "./paths";

const KEY = "patternwatch.tenant";

/** Come back to this tenant when the page is opened without one. */
export function rememberTenant(tenant: string) {
  localStorage.setItem(KEY, tenant);
}

/** The bare address: on to the alerts of the tenant last looked at, or of the first. */
export function Start() {
  const tenants = useTenants();
  if (tenants.isPending) return <Loader size="sm" m="xl" aria-label="Loading" />;
  if (tenants.isError) return <ProblemNotice error={tenants.error} retry={() => void tenants.refetch()} />;
  const last = localStorage.getItem(KEY);
  const tenant = tenants.data.find((each) => each.id === last) ?? tenants.data[0];
  if (tenant === undefined) return <Empty title="No tenant">Name one in the settings of the API.</Empty>;
  return <Navigate to={alertsPath(tenant.id)} replace />;
}
