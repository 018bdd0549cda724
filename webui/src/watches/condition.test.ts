import { expect, it } from "vitest";
import type { WatchState } from "../api/types";
import { AT_MS, STATE, WATCH } from "../fixtures/watch";
import { conditionOf } from "./condition";

const seen = (state: Partial<WatchState>) => ({ ...WATCH, state: { ...STATE, ...state } });

it.each([
  ["suspicious", "warn", "Something moves", "7 of 12\u202f345 series; not enough for a report."],
  ["quiet", "good", "Quiet", "12\u202f345 series watched."],
  ["learning", "idle", "Learning", "Its past is being read."],
  ["open", "open", "Open", "For 12 min."],
] as const)("says how a watch that is %s does", (condition, tone, word, details) => {
  const openedMs = condition === "open" ? AT_MS - 12 * 60_000 : null;
  expect(conditionOf(seen({ condition, opened_ms: openedMs }), AT_MS)).toEqual({ tone, word, details });
});

it("gives the reason of what is not judged", () => {
  expect(conditionOf(seen({ condition: "blind", reason: "Nothing gave a sample." }), AT_MS).details).toBe("Nothing gave a sample.");
});

it("is never quiet where nobody looks", () => {
  const later = conditionOf(seen({ condition: "quiet" }), AT_MS + 181_000);
  expect([later.tone, later.word]).toEqual(["warn", "Stands still"]);
  expect(conditionOf(seen({ condition: "quiet" }), AT_MS + 179_000).tone).toBe("good");
});

it("tells a paused watch from one that stands still", () => {
  const paused = { ...WATCH, watch: { ...WATCH.watch, paused: true } };
  expect(conditionOf(paused, AT_MS + 3_600_000).word).toBe("Paused");
  expect(conditionOf({ ...WATCH, state: null }, AT_MS).word).toBe("No look yet");
});
