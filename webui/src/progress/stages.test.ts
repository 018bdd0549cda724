import { describe, expect, it } from "vitest";
import type { Progress, Stage } from "../api/types";
import { fraction, isTerminal, laterProgress, stageText } from "./stages";

const progress = (stage: Stage, done = 0, of = 0, request_id = "a"): Progress => ({
  request_id,
  stage,
  done,
  of,
  note: "",
  report_id: "",
});

describe("the progress of an analysis", () => {
  it("has a text", () => {
    const events = [progress("accepted"), progress("planned", 0, 5), progress("planned", 0, 1), progress("analysing", 3, 5), progress("quiet")];
    expect(events.map(stageText)).toEqual(["accepted", "planned, 5 parts", "planned, 1 part", "analysing 3 of 5", "no report"]);
    expect(stageText({ ...progress("accepted"), note: "Not analysed yet: it waits" })).toBe("Not analysed yet: it waits");
    expect([progress("planned"), progress("analysing"), progress("concluded"), progress("failed")].map(stageText)).toEqual([
      "planned",
      "analysing",
      "report ready",
      "failed",
    ]);
  });

  it("never decreases", () => {
    const stages = [progress("accepted"), progress("planned", 0, 2), progress("analysing", 1, 2), progress("analysing", 2, 2), progress("concluded")];
    const fractions = stages.map(fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(stages.map((each) => isTerminal(each.stage))).toEqual([false, false, false, false, true]);
  });

  it("keeps the more advanced of two events, whatever their order", () => {
    const three = progress("analysing", 3, 5);
    expect(laterProgress(null, three)).toBe(three);
    expect(laterProgress(three, progress("analysing", 2, 5))).toBe(three);
    expect(laterProgress(three, progress("planned", 0, 5))).toBe(three);
    expect(laterProgress(three, progress("failed")).stage).toBe("failed");
    expect(laterProgress(progress("concluded"), three).stage).toBe("concluded");
    expect(laterProgress(progress("concluded"), progress("accepted", 0, 0, "b")).request_id).toBe("b");
  });
});
