/** The state of the report page in the query string: `?series=RANK&pattern=SHAPE&entity=NAME`. */

/** Which findings are shown; null filters nothing. */
export interface FindingFilter {
  /** Name of a shape, which need not exist: the URL is free text. */
  pattern: string | null;
  entity: string | null;
}

export interface UrlState extends FindingFilter {
  /** Rank of the selected finding; null selects the first that is shown. */
  series: number | null;
}

export const EMPTY_URL_STATE: UrlState = { series: null, pattern: null, entity: null };

/** What the name of a shape looks like. */
const PATTERN_NAME = /^[a-z][a-z0-9_]{0,63}$/;

/** Parse the query string; an invalid parameter counts as absent. */
export function parseUrlState(query: URLSearchParams): UrlState {
  const series = Number(query.get("series") ?? "");
  const pattern = query.get("pattern") ?? "";
  return {
    series: Number.isInteger(series) && series > 0 ? series : null,
    pattern: PATTERN_NAME.test(pattern) ? pattern : null,
    entity: query.get("entity"),
  };
}

/** The state as query parameters; null leaves its parameter out. */
export function serializeUrlState(state: UrlState): URLSearchParams {
  const query = new URLSearchParams();
  if (state.series !== null) query.set("series", String(state.series));
  if (state.pattern !== null) query.set("pattern", state.pattern);
  if (state.entity !== null) query.set("entity", state.entity);
  return query;
}

/** Filter by this shape, or remove the filter where it is set already; the selected series is reset. */
export function togglePattern(state: UrlState, pattern: string): UrlState {
  return { ...state, pattern: state.pattern === pattern ? null : pattern, series: null };
}

/** Filter by this entity, or remove the filter where it is set already; the selected series is reset. */
export function toggleEntity(state: UrlState, entity: string): UrlState {
  return { ...state, entity: state.entity === entity ? null : entity, series: null };
}
