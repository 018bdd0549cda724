/** The tenant shown last, kept in local storage. */
const KEY = "patternwatch.tenant";

export function rememberTenant(tenant: string) {
  localStorage.setItem(KEY, tenant);
}

export function lastTenant(): string | null {
  return localStorage.getItem(KEY);
}
