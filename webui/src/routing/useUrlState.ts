import { useCallback } from "react";
import { useSearchParams } from "react-router";
import { parseUrlState, serializeUrlState, type UrlState } from "./urlState";

export type SetUrlState = (update: (state: UrlState) => UrlState) => void;

/** The report page's URL state and its setter. It replaces the history entry, so that Back leaves the report. */
export function useUrlState(): [UrlState, SetUrlState] {
  const [query, setQuery] = useSearchParams();
  const setState: SetUrlState = useCallback(
    (update) =>
      setQuery((previous) => serializeUrlState(update(parseUrlState(previous))), {
        replace: true,
        preventScrollReset: true,
      }),
    [setQuery],
  );
  return [parseUrlState(query), setState];
}
