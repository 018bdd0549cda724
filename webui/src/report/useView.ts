import { useCallback } from "react";
import { useSearchParams } from "react-router";
import { readView, writeView, type View } from "./address";

/** The page's state and how to change it. Changes replace the address, so that Back leaves the report. */
export function useView(): [View, (change: (view: View) => View) => void] {
  const [query, setQuery] = useSearchParams();
  const change = useCallback(
    (next: (view: View) => View) =>
      setQuery((old) => writeView(next(readView(old))), { replace: true, preventScrollReset: true }),
    [setQuery],
  );
  return [readView(query), change];
}
