import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { WatchOrder } from "../api/watchQueries";
import type { WatchRead } from "../api/types";
import { count, pluralize } from "../format/number";
import { byUrgency, conditionOf } from "./condition";
import { WatchRow } from "./WatchRow";
import classes from "./WatchList.module.css";

/** So many watches are read at a glance: of more the quiet ones are folded in, and a name can be looked for. */
export const FEW_WATCHES = 12;

interface WatchListProps {
  tenant: string;
  watches: readonly WatchRead[];
  nowMs: number;
  onOrder: (order: WatchOrder) => void;
}

/** Every watch, what is wrong first; of hundreds of clusters those that are quiet take one line. */
export function WatchList({ tenant, watches, nowMs, onOrder }: WatchListProps) {
  const [part, setPart] = useState("");
  const isLong = watches.length > FEW_WATCHES;
  const looked = part.trim().toLowerCase();
  const found = byUrgency(watches, nowMs).filter(({ watch }) => `${watch.name} ${watch.selector}`.toLowerCase().includes(looked));
  const folded = isLong && looked === "" ? found.filter((each) => conditionOf(each, nowMs).tone === "good") : [];
  const rows = (some: readonly WatchRead[]) =>
    some.map((each) => <WatchRow key={each.watch.name} tenant={tenant} read={each} onOrder={onOrder} />);
  return (
    <>
      {isLong && (
        <TextInput
          size="xs"
          className={classes.find}
          aria-label="Find a watch"
          placeholder="Find a watch by its name or selector"
          value={part}
          onChange={(event) => setPart(event.currentTarget.value)}
          spellCheck={false}
        />
      )}
      <ul className={classes.list} aria-label="Watches">
        {rows(found.filter((each) => !folded.includes(each)))}
      </ul>
      {found.length === 0 && <p className={classes.none}>No watch has this in its name or selector.</p>}
      {folded.length > 0 && (
        <details className={classes.quiet}>
          <summary>
            {pluralize(folded.length, "quiet watch", "quiet watches")}, {count(seriesOf(folded))} series
          </summary>
          <ul className={classes.list} aria-label="Quiet watches">
            {rows(folded)}
          </ul>
        </details>
      )}
    </>
  );
}

function seriesOf(watches: readonly WatchRead[]): number {
  return watches.reduce((sum, { state }) => sum + (state?.series ?? 0), 0);
}
