import type { Progress, Stage } from "../api/types";

/**
 * The stages before the end, in their order. The page needs the list, as neither an event of the stream nor an alert
 * has the field `terminal` of an analysis.
 */
const UNDER_WAY: readonly Stage[] = ["accepted", "planned", "analysing"];

/** Whether the analysis has ended and reports no further progress. */
export function isTerminal(stage: Stage): boolean {
  return !UNDER_WAY.includes(stage);
}

/** The stage as text: `analysing 3 of 5`; of one that waits for room, why. */
export function stageText(progress: Pick<Progress, "stage" | "done" | "of"> & { note?: string }): string {
  const { note = "" } = progress;
  switch (progress.stage) {
    case "accepted":
      return note === "" ? "accepted" : note;
    case "planned":
      return progress.of > 0 ? `planned, ${progress.of} ${progress.of === 1 ? "part" : "parts"}` : "planned";
    case "analysing":
      return progress.of > 0 ? `analysing ${progress.done} of ${progress.of}` : "analysing";
    case "concluded":
      return "report ready";
    case "quiet":
      return "no report";
    case "failed":
      return "failed";
  }
}

/** Why an analysis ended without a report, in the words of who made it. */
export function quietText({ note }: Pick<Progress, "note">): string {
  return note || "It ended without a report.";
}

/** Progress as a fraction, 0 to 1: the first tenth is planning, the last twentieth concluding. */
export function fraction(progress: Pick<Progress, "stage" | "done" | "of">): number {
  switch (progress.stage) {
    case "accepted":
      return 0.04;
    case "planned":
      return 0.1;
    case "analysing":
      return 0.1 + 0.85 * (progress.of > 0 ? Math.min(1, progress.done / progress.of) : 0);
    default:
      return 1;
  }
}

/** The more advanced of two progress events; an event can arrive twice or out of order. */
export function laterProgress(known: Progress | null, received: Progress): Progress {
  if (known?.request_id !== received.request_id) return received;
  if (isTerminal(known.stage)) return isTerminal(received.stage) ? received : known;
  if (isTerminal(received.stage)) return received;
  const [a, b] = [UNDER_WAY.indexOf(known.stage), UNDER_WAY.indexOf(received.stage)];
  if (a !== b) return b > a ? received : known;
  return received.done >= known.done ? received : known;
}
