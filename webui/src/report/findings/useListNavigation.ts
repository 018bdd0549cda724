import { useEffect, useRef, type KeyboardEvent, type RefObject } from "react";
import type { Finding } from "../../api/types";
import { neighbourRank } from "./select";

const STEPS: Record<string, number> = {
  ArrowDown: 1,
  ArrowUp: -1,
  j: 1,
  k: -1,
  PageDown: 10,
  PageUp: -10,
  Home: -Infinity,
  End: Infinity,
};

interface ListNavigation {
  list: RefObject<HTMLOListElement | null>;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** Keyboard navigation over rows that carry `data-rank`: the keys move selection and focus together. */
export function useListNavigation(
  findings: readonly Finding[],
  selected: number,
  onSelect: (rank: number) => void,
): ListNavigation {
  const list = useRef<HTMLOListElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = event.target as HTMLElement;
    // Elements inside the detail below a row handle their own keys.
    if (row !== event.currentTarget && row.dataset.rank === undefined) return;
    event.preventDefault();
    // Key repeat is faster than the URL update, so the focused row counts and not the selected one.
    const from = Number(row.dataset.rank ?? selected);
    const next = neighbourRank(findings, from, Number.isFinite(step) ? step : Math.sign(step) * findings.length);
    onSelect(next);
    list.current?.querySelector<HTMLElement>(`[data-rank="${next}"]`)?.focus();
  };
  return { list, onKeyDown };
}

/** Scroll to the selected row on mount, unless it is the first, and focus it where nothing else has the focus. */
export function useInitialFocus(list: RefObject<HTMLElement | null>, firstRank: string, block: ScrollLogicalPosition) {
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>("[aria-current=true]");
    if (row?.dataset.rank !== firstRank) row?.scrollIntoView({ block });
    if (document.activeElement === document.body) row?.focus({ preventScroll: true });
  }, [list, firstRank, block]);
}
