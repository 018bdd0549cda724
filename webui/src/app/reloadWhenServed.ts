const TRY_MS = 2_000;

/**
 * A part of the page that cannot be loaded: the server is away, or serves another version of the page, which has no such
 * file. When it answers again the page is loaded anew; what this returns never comes.
 */
export async function reloadWhenServed(): Promise<never> {
  while (!(await isServed())) await new Promise((resolve) => setTimeout(resolve, TRY_MS));
  window.location.reload();
  return new Promise(() => undefined);
}

async function isServed(): Promise<boolean> {
  try {
    return (await fetch("/health/live", { cache: "no-store", signal: AbortSignal.timeout(TRY_MS) })).ok;
  } catch {
    return false;
  }
}
