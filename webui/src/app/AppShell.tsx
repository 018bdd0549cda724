import { Loader } from "@mantine/core";
import { usePrefetchQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { Link, NavLink, Outlet, useNavigate } from "react-router";
import { patternsQuery, useTenants } from "../api/queries";
import { alertsPath, reportsPath, watchesPath } from "../routing/paths";
import { useTenant } from "../routing/useTenant";
import { ColorSchemeButton } from "./ColorSchemeButton";
import { ErrorBoundary } from "./ErrorBoundary";
import { rememberTenant } from "./lastTenant";
import { SignOut } from "./SignOut";
import { useLiveData } from "./useLiveData";
import classes from "./AppShell.module.css";

/** Layout route of every page: brand, navigation, tenant, colour scheme. */
export function AppShell() {
  const tenant = useTenant();
  // Here, so that the taxonomy loads beside the first report and not after it.
  usePrefetchQuery(patternsQuery);
  useLiveData(tenant);
  return (
    <>
      <a className={classes.skip} href="#main">
        Skip to the content
      </a>
      <header className={classes.header}>
        <div className={classes.inner}>
          <Link to={alertsPath(tenant)} className={classes.brand} aria-label="patternwatch, alerts">
            <img src="/favicon.svg" alt="" width="24" height="24" />
            <span>patternwatch</span>
          </Link>
          <nav className={classes.nav} aria-label="Pages">
            <NavLink to={alertsPath(tenant)}>Alerts</NavLink>
            <NavLink to={reportsPath(tenant)}>Reports</NavLink>
            <NavLink to={watchesPath(tenant)}>Watches</NavLink>
          </nav>
          <div className={classes.end}>
            <TenantSelect tenant={tenant} />
            <SignOut />
            <ColorSchemeButton />
          </div>
        </div>
      </header>
      <main id="main" className={classes.main} tabIndex={-1}>
        <ErrorBoundary key={tenant}>
          <Suspense fallback={<Loader size="sm" m="lg" aria-label="Loading the page" />}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
    </>
  );
}

function TenantSelect({ tenant }: { tenant: string }) {
  const tenants = useTenants();
  const navigate = useNavigate();
  const known = tenants.data?.map((each) => each.id) ?? [];
  const ids = known.includes(tenant) ? known : [tenant, ...known];
  if (ids.length < 2) {
    return (
      <span className={classes.tenant}>
        <span className="visually-hidden">Tenant </span>
        {tenant}
      </span>
    );
  }
  return (
    <select
      className={classes.select}
      aria-label="Tenant"
      value={tenant}
      onChange={(event) => {
        rememberTenant(event.target.value);
        void navigate(alertsPath(event.target.value));
      }}
    >
      {ids.map((id) => (
        <option key={id}>{id}</option>
      ))}
    </select>
  );
}
