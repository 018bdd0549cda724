import type { Progress, Stage } from "../api/types";

const ENDED = new Set<Stage>(["concluded", "quiet", "failed"]);

/** Whether no further word of this analysis will come. */
export function ended(stage: Stage): boolean {
  return ENDED.has(stage);
}

/** The stage as a person reads it: `analysing 3 of 5`. */
export function stageText(progress: Pick<Progress, "stage" | "done" | "of">): string {
  switch (progress.stage) {
    case "accepted":
      return "accepted";
    case "planned":
      return progress.of > 0 ? `planned, ${progress.of} ${progress.of === 1 ? "part" : "parts"}` : "planned";
    case "analysing":
      return progress.of > 0 ? `analysing ${progress.done} of ${progress.of}` : "analysing";
    case "concluded":
      return "report ready";
    case "quiet":
      return "nothing abnormal";
    case "failed":
      return "failed";
  }
}

/** How far along, 0 to 1: accepting and planning are the first tenth, concluding the last. */
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

const ORDER: Stage[] = ["accepted", "planned", "analysing", "concluded"];

/** The later word of two about one analysis; words can arrive twice or late. */
export function later(known: Progress | null, heard: Progress): Progress {
  if (known?.request_id !== heard.request_id) return heard;
  if (ended(known.stage)) return ended(heard.stage) ? heard : known;
  if (ended(heard.stage)) return heard;
  const [a, b] = [ORDER.indexOf(known.stage), ORDER.indexOf(heard.stage)];
  if (a !== b) return b > a ? heard : known;
  return heard.done >= known.done ? heard : known;
}
