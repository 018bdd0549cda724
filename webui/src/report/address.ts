/** The state of the report page in its address: `?series=RANK&pattern=SHAPE&entity=NAME`. */
import type { Pattern } from "../api/types";
import { SHAPES } from "../patterns/shapes";
import type { Filter } from "./select";

export interface View extends Filter {
  series: number | null;
}

/** Read the state; what does not make sense counts as not given. */
export function readView(query: URLSearchParams): View {
  const series = Number(query.get("series") ?? "");
  const pattern = query.get("pattern");
  return {
    series: Number.isInteger(series) && series > 0 ? series : null,
    pattern: SHAPES.find((shape) => shape === pattern) ?? null,
    entity: query.get("entity"),
  };
}

/** The state as a query; parts that are null are left out. */
export function writeView(view: View): URLSearchParams {
  const query = new URLSearchParams();
  if (view.series !== null) query.set("series", String(view.series));
  if (view.pattern !== null) query.set("pattern", view.pattern);
  if (view.entity !== null) query.set("entity", view.entity);
  return query;
}

/** Choose this shape, or none where it was chosen already; the choice of series starts anew. */
export function togglePattern(view: View, pattern: Pattern): View {
  return { ...view, pattern: view.pattern === pattern ? null : pattern, series: null };
}

/** Choose this entity, or none where it was chosen already; the choice of series starts anew. */
export function toggleEntity(view: View, entity: string): View {
  return { ...view, entity: view.entity === entity ? null : entity, series: null };
}
