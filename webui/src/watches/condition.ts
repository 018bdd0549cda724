/** What is said of a watch: its condition in words, and how urgent it looks. */
import { count, pluralize } from "../format/number";
import { duration } from "../format/time";
import type { WatchRead, WatchState } from "../api/types";

export type Tone = "open" | "warn" | "good" | "idle";

interface Condition {
  tone: Tone;
  word: string;
  details: string;
}

/** Looks that may be missing before a watch counts as standing still. */
const MISSED_LOOKS = 3;

/** How a watch does now. */
export function conditionOf({ watch, state }: WatchRead, nowMs: number): Condition {
  if (watch.paused) return { tone: "idle", word: "Paused", details: "Nothing is read or judged." };
  if (state === null) return { tone: "idle", word: "Not looked at yet", details: "A worker takes it up within a minute." };
  const still = nowMs - state.at_ms;
  if (still > MISSED_LOOKS * Math.max(watch.interval_s, 20) * 1000) {
    return { tone: "warn", word: "Stalled", details: `The last look was ${duration(still)} ago. Is a worker running?` };
  }
  const series = pluralize(state.series, "series", "series");
  switch (state.condition) {
    case "open":
      return { tone: "open", word: "Open", details: lasted(state.open_episodes, nowMs) };
    case "suspicious":
      return { tone: "warn", word: "Something moves", details: `${count(state.suspects)} of ${series}; not enough for a report.` };
    case "quiet":
      return { tone: "good", word: "Quiet", details: `${series} watched.` };
    case "divided":
      return { tone: "idle", word: "Divided", details: state.reason };
    case "learning":
      return { tone: "idle", word: "Learning", details: state.reason || "Its past is being read." };
    case "paused":
      return { tone: "idle", word: "Paused", details: "Nothing is read or judged." };
    case "blind":
      return { tone: "warn", word: "Not judged", details: state.reason };
    case "refused":
      return { tone: "warn", word: "Too large", details: state.reason };
    default: // of a newer worker
      return { tone: "idle", word: state.condition, details: state.reason };
  }
}

const URGENCY: Record<Tone, number> = { open: 0, warn: 1, idle: 2, good: 2 };

/** What is wrong first; otherwise in the order in which they come, by name. */
export function byUrgency(watches: readonly WatchRead[], nowMs: number): WatchRead[] {
  const urgency = (watch: WatchRead) => URGENCY[conditionOf(watch, nowMs).tone];
  return [...watches].sort((one, other) => urgency(one) - urgency(other));
}

function lasted(episodes: WatchState["open_episodes"], nowMs: number): string {
  const [first] = episodes;
  if (first === undefined) return "An episode is open.";
  const time = duration(Math.max(nowMs - first.opened_ms, 1_000));
  return episodes.length === 1 ? `For ${time}.` : `${count(episodes.length)} episodes, the first one for ${time}.`;
}
