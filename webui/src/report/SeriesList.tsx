import { useEffect, useMemo, useRef, type KeyboardEvent, type ReactNode } from "react";
import type { Finding, Window } from "../api/types";
import { neighbour, varyingLabels } from "./select";
import { SeriesRow } from "./SeriesRow";
import classes from "./SeriesList.module.css";

interface Props {
  /** All findings of the report: they decide which labels tell series apart and how long score bars are. */
  all: readonly Finding[];
  findings: readonly Finding[];
  window: Window;
  chosen: number;
  onChoose: (rank: number) => void;
  /** On a narrow page: what stands under the chosen row. */
  under?: ReactNode;
}

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

/** The ranked series, strongest first. One row is chosen; arrow keys move the choice. */
export function SeriesList({ all, findings, window, chosen, onChoose, under }: Props) {
  const list = useRef<HTMLOListElement>(null);
  const varying = useMemo(() => varyingLabels(all), [all]);
  const most = all[0]?.score ?? 1;

  const detailBelow = under !== undefined;
  const firstRank = String(all[0]?.rank);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = event.target as HTMLElement;
    // Keys inside the detail under a row are the detail's own.
    if (row !== event.currentTarget && row.dataset.rank === undefined) return;
    event.preventDefault();
    // A held key comes faster than the address changes: go on from the row in focus.
    const from = Number(row.dataset.rank ?? chosen);
    const next = neighbour(findings, from, Number.isFinite(step) ? step : Math.sign(step) * findings.length);
    onChoose(next);
    list.current?.querySelector<HTMLElement>(`[data-rank="${next}"]`)?.focus();
  };

  // The keys work from the first moment, without a click into the list; a linked series is in sight.
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>("[aria-current=true]");
    if (row?.dataset.rank !== firstRank) row?.scrollIntoView({ block: detailBelow ? "center" : "nearest" });
    if (document.activeElement === document.body) row?.focus({ preventScroll: true });
  }, [detailBelow, firstRank]);

  return (
    <div className={classes.box}>
      <div className={classes.head} aria-hidden="true">
        <span>#</span>
        <span>Window</span>
        <span>Series</span>
        <span>Shape, change</span>
        <span className={classes.right}>Score</span>
      </div>
      {/* The keys belong to the list as a whole; its rows are the buttons. */}
      <ol ref={list} className={classes.list} aria-label="Series, strongest first" onKeyDown={onKeyDown}>
        {findings.map((finding) => (
          <li key={finding.rank}>
            <SeriesRow
              finding={finding}
              window={window}
              varying={varying}
              most={most}
              chosen={finding.rank === chosen}
              onChoose={onChoose}
            />
            {finding.rank === chosen && under}
          </li>
        ))}
      </ol>
    </div>
  );
}
