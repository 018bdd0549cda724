import { describe, expect, it } from "vitest";
import type { Progress, Stage } from "../api/types";
import { ended, fraction, later, stageText } from "./stages";

const word = (stage: Stage, done = 0, of = 0, request_id = "a"): Progress => ({
  request_id,
  stage,
  done,
  of,
  note: "",
  report_id: "",
});

describe("the progress of an analysis", () => {
  it("reads as words", () => {
    const words = [word("accepted"), word("planned", 0, 5), word("planned", 0, 1), word("analysing", 3, 5), word("quiet")];
    expect(words.map(stageText)).toEqual(["accepted", "planned, 5 parts", "planned, 1 part", "analysing 3 of 5", "nothing abnormal"]);
    expect([word("planned"), word("analysing"), word("concluded"), word("failed")].map(stageText)).toEqual([
      "planned",
      "analysing",
      "report ready",
      "failed",
    ]);
  });

  it("only ever goes forward", () => {
    const way = [word("accepted"), word("planned", 0, 2), word("analysing", 1, 2), word("analysing", 2, 2), word("concluded")];
    const shares = way.map(fraction);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(way.map((each) => ended(each.stage))).toEqual([false, false, false, false, true]);
  });

  it("keeps the later of two words, whatever their order", () => {
    const three = word("analysing", 3, 5);
    expect(later(null, three)).toBe(three);
    expect(later(three, word("analysing", 2, 5))).toBe(three);
    expect(later(three, word("planned", 0, 5))).toBe(three);
    expect(later(three, word("failed")).stage).toBe("failed");
    expect(later(word("concluded"), three).stage).toBe("concluded");
    expect(later(word("concluded"), word("accepted", 0, 0, "b")).request_id).toBe("b");
  });
});
