/** URL paths of the pages. */
const tenantPath = (tenant: string) => `/t/${encodeURIComponent(tenant)}`;

export const alertsPath = (tenant: string) => `${tenantPath(tenant)}/alerts`;
export const reportsPath = (tenant: string) => `${tenantPath(tenant)}/reports`;
export const watchesPath = (tenant: string) => `${tenantPath(tenant)}/watches`;
export const reportPath = (tenant: string, reportId: string) =>
  `${reportsPath(tenant)}/${encodeURIComponent(reportId)}`;
