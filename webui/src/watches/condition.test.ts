import { expect, it } from "vitest";
import type { WatchState } from "../api/types";
import { AT_MS, STATE, WATCH } from "../fixtures/watch";
import { byUrgency, conditionOf } from "./condition";

const seen = (state: Partial<WatchState>) => ({ ...WATCH, state: { ...STATE, ...state } });
const episode = (cause: string, minutes: number) => ({ cause, report_id: cause, opened_ms: AT_MS - minutes * 60_000 });

it.each([
  ["suspicious", "warn", "Something moves", "7 of 12\u202f345 series; not enough for a report."],
  ["quiet", "good", "Quiet", "12\u202f345 series watched."],
  ["learning", "idle", "Learning", "Its past is being read."],
  ["open", "open", "Open", "For 12 min."],
] as const)("says how a watch that is %s does", (condition, tone, word, details) => {
  const open_episodes = condition === "open" ? [episode("cart", 12)] : [];
  expect(conditionOf(seen({ condition, open_episodes }), AT_MS)).toEqual({ tone, word, details });
});

it("counts the episodes that are open and says for how long the first one is", () => {
  const open_episodes = [episode("cart", 12), episode("redis", 3)];
  expect(conditionOf(seen({ condition: "open", open_episodes }), AT_MS).details).toBe("2 episodes, the first one for 12 min.");
});

it("gives the reason of what is not judged", () => {
  expect(conditionOf(seen({ condition: "blind", reason: "Nothing gave a sample." }), AT_MS).details).toBe("Nothing gave a sample.");
});

it("shows in its own word what a newer worker says", () => {
  const state = { ...STATE, condition: "resting" as never, reason: "It is night." };
  expect(conditionOf(seen(state), AT_MS)).toEqual({ tone: "idle", word: "resting", details: "It is night." });
});

it("puts what is wrong first and keeps the order of names", () => {
  const named = (name: string, condition: WatchState["condition"]) => {
    const one = seen({ condition });
    return { ...one, watch: { ...one.watch, name } };
  };
  const all = [named("a", "quiet"), named("b", "blind"), named("c", "divided"), named("d", "open"), named("e", "suspicious")];
  expect(byUrgency(all, AT_MS).map((one) => one.watch.name)).toEqual(["d", "b", "e", "a", "c"]);
});

it("is never quiet where nobody looks", () => {
  const later = conditionOf(seen({ condition: "quiet" }), AT_MS + 181_000);
  expect([later.tone, later.word]).toEqual(["warn", "Stalled"]);
  expect(conditionOf(seen({ condition: "quiet" }), AT_MS + 179_000).tone).toBe("good");
});

it("tells a paused watch from one that stands still", () => {
  const paused = { ...WATCH, watch: { ...WATCH.watch, paused: true } };
  expect(conditionOf(paused, AT_MS + 3_600_000).word).toBe("Paused");
  expect(conditionOf({ ...WATCH, state: null }, AT_MS).word).toBe("Not looked at yet");
});
