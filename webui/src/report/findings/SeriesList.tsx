import type { ReactNode } from "react";
import type { Finding, Window } from "../../api/types";
import { shapeLabel } from "../../patterns/taxonomy";
import { useTaxonomy } from "../../patterns/useTaxonomy";
import { SeriesRow } from "./SeriesRow";
import { useInitialFocus, useListNavigation } from "./useListNavigation";
import classes from "./SeriesList.module.css";

interface SeriesListProps {
  /** All findings of the report: the first decides how long the score bars are. */
  all: readonly Finding[];
  findings: readonly Finding[];
  window: Window;
  /** Rank of the selected finding. */
  selected: number;
  onSelect: (rank: number) => void;
  /** Shown below the selected row; undefined where the detail has its own column. */
  detail?: ReactNode;
}

/** The series in order of rank. One row is selected; arrow keys move the selection. */
export function SeriesList({ all, findings, window, selected, onSelect, detail }: SeriesListProps) {
  const taxonomy = useTaxonomy();
  const maxScore = all[0]?.score ?? 1;
  const { list, onKeyDown } = useListNavigation(findings, selected, onSelect);
  useInitialFocus(list, String(all[0]?.rank), detail === undefined ? "nearest" : "center");
  return (
    <div className={classes.box}>
      <div className={classes.head} aria-hidden="true">
        <span>#</span>
        <span>Window</span>
        <span>Series</span>
        <span>Shape, change</span>
        <span className={classes.right}>Score</span>
      </div>
      {/* The list handles the keys of its rows, which are the buttons. */}
      <ol ref={list} className={classes.list} aria-label="Series, strongest first" onKeyDown={onKeyDown}>
        {findings.map((finding) => (
          <li key={finding.rank}>
            <SeriesRow
              finding={finding}
              shape={shapeLabel(taxonomy, finding.pattern)}
              window={window}
              maxScore={maxScore}
              selected={finding.rank === selected}
              onSelect={onSelect}
            />
            {finding.rank === selected && detail}
          </li>
        ))}
      </ol>
    </div>
  );
}
