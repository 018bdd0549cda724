import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useMayChange } from "../api/session";
import type { WatchOrder } from "../api/watchQueries";
import type { Mute, WatchRead, WatchState } from "../api/types";
import { reportPath } from "../routing/paths";
import { IconArrow } from "../ui/icons";
import { Time } from "../ui/Time";
import { useNow } from "../ui/useNow";
import { conditionOf } from "./condition";
import { type OnMute, Suspects } from "./Suspects";
import classes from "./WatchRow.module.css";

interface WatchRowProps {
  tenant: string;
  read: WatchRead;
  onOrder: (order: WatchOrder) => void;
}

/** One watch: how it does, what stands out in it, what is muted, and the buttons that change it. */
export function WatchRow({ tenant, read, onOrder }: WatchRowProps) {
  const { watch, state } = read;
  const condition = conditionOf(read, useNow(5_000));
  const mayChange = useMayChange();
  const { name } = watch;
  return (
    <li className={classes.row} data-tone={condition.tone}>
      <div className={classes.what}>
        <div className={classes.title}>
          <span className={classes.condition}>{condition.word}</span>
          <strong className={classes.name}>{name}</strong>
          <span className={classes.details}>{condition.details}</span>
          {state !== null && (
            <span className={classes.details}>
              Last look <Time ms={state.at_ms} as="age" />
            </span>
          )}
        </div>
        {state !== null && <Reports tenant={tenant} episodes={state.open_episodes} />}
        <code className={classes.selector}>
          {watch.selector}
          {watch.each !== "" && `, each ${watch.each}`}
        </code>
        {state !== null && !watch.paused && (
          <Seen
            state={state}
            onMute={mayChange ? (kind, value, untilMs) => onOrder({ do: "mute", name, kind, value, untilMs }) : undefined}
          />
        )}
        <Mutes
          mutes={watch.mutes}
          onEnd={mayChange ? ({ kind, value }) => onOrder({ do: "unmute", name, kind, value }) : undefined}
        />
      </div>
      <div className={classes.act}>{mayChange && <Buttons read={read} onOrder={onOrder} />}</div>
    </li>
  );
}

/** The report of each open episode, named by its cause where there are several. */
function Reports({ tenant, episodes }: { tenant: string; episodes: WatchState["open_episodes"] }) {
  if (episodes.length === 0) return null;
  return (
    <ul className={classes.reports} aria-label="Reports">
      {episodes.map(({ cause, report_id }) => (
        <li key={report_id}>
          <Link className={classes.report} to={reportPath(tenant, report_id)}>
            {episodes.length > 1 ? `Report: ${cause}` : "Report"} <IconArrow size={14} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** What the last look saw. */
function Seen({ state, onMute }: { state: WatchState; onMute: OnMute | undefined }) {
  return (
    <>
      {state.said.map((sentence) => (
        <p key={sentence} className={classes.said}>
          {sentence}
        </p>
      ))}
      <Suspects entities={state.entities} bar={state.bar} onMute={onMute} />
    </>
  );
}

function Buttons({ read, onOrder }: Pick<WatchRowProps, "read" | "onOrder">) {
  const { name, paused } = read.watch;
  const pause = paused ? "Resume" : "Pause";
  const end = read.overrides_settings ? "Reset to settings" : "End";
  return (
    <>
      <Quietly label={`${pause} ${name}`} onClick={() => onOrder({ do: "pause", name, paused: !paused })}>
        {pause}
      </Quietly>
      {read.origin === "data" && read.watch.part_of === "" && (
        <Quietly label={`${end} ${name}`} onClick={() => onOrder({ do: "end", name })}>
          {end}
        </Quietly>
      )}
    </>
  );
}

function Quietly({ label, onClick, children }: { label: string; onClick: () => void; children: string }) {
  return (
    <Button size="compact-xs" variant="subtle" color="gray" aria-label={label} onClick={onClick}>
      {children}
    </Button>
  );
}

function Mutes({ mutes, onEnd }: { mutes: readonly Mute[]; onEnd: ((mute: Mute) => void) | undefined }) {
  if (mutes.length === 0) return null;
  return (
    <ul className={classes.mutes} aria-label="Muted">
      {mutes.map((mute) => (
        <li key={`${mute.kind} ${mute.value}`} className={classes.mute}>
          Muted: {mute.kind} <strong>{mute.value}</strong>
          {typeof mute.until_ms === "number" && (
            <>
              {" "}
              until <Time ms={mute.until_ms} />
            </>
          )}
          {mute.note && ` (${mute.note})`}
          {onEnd !== undefined && (
            <button type="button" className={classes.quietly} aria-label={`Unmute ${mute.value}`} onClick={() => onEnd(mute)}>
              unmute
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
