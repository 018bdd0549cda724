import { useQuery } from "@tanstack/react-query";
import { patternsQuery } from "../api/queries";
import { type Taxonomy, taxonomyOf } from "./taxonomy";

const EMPTY: Taxonomy = new Map();

/** The taxonomy of shapes; empty until it is loaded. */
export function useTaxonomy(): Taxonomy {
  return useQuery({ ...patternsQuery, select: taxonomyOf }).data ?? EMPTY;
}
