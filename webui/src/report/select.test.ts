import { describe, expect, it } from "vitest";
import { REPORT } from "../fixtures/report";
import { allLabels, byCount, chosenOf, distinguishing, matching, neighbour, shapeCounts, varyingLabels } from "./select";

const { findings } = REPORT;
const first = findings[0];
if (first === undefined) throw new Error("the fixture has findings");
const ranks = (filter: Parameters<typeof matching>[1]) => matching(findings, filter).map((each) => each.rank);

describe("choosing among findings", () => {
  it("filters by shape and entity, alone and together", () => {
    expect(ranks({ pattern: null, entity: null })).toEqual([1, 2, 3, 4, 5]);
    expect(ranks({ pattern: "steady_increase", entity: null })).toEqual([3, 5]);
    expect(ranks({ pattern: null, entity: "checkout" })).toEqual([1, 2, 5]);
    expect(ranks({ pattern: "steady_increase", entity: "checkout" })).toEqual([5]);
    expect(ranks({ pattern: "single_dip", entity: null })).toEqual([]);
  });

  it("falls back to the strongest where the rank is filtered away", () => {
    expect(chosenOf(findings, 3)?.rank).toBe(3);
    expect(chosenOf(findings, 99)?.rank).toBe(1);
    expect(chosenOf([], 1)).toBeNull();
  });

  it("moves along what is shown and stops at the ends", () => {
    const shown = matching(findings, { pattern: null, entity: "checkout" });
    expect(neighbour(shown, 2, 1)).toBe(5);
    expect(neighbour(shown, 5, 1)).toBe(5);
    expect(neighbour(shown, 5, -10)).toBe(1);
    expect(neighbour([], 4, 1)).toBe(4);
  });

  it("counts shapes, the most frequent first, normal and other last", () => {
    expect(byCount(shapeCounts(findings))).toEqual([
      ["level_shift_up", 2],
      ["steady_increase", 2],
      ["single_spike", 1],
    ]);
    expect(byCount({ normal: 9, single_dip: 1, unheard_of: 4 }).map(([shape]) => shape)).toEqual(["single_dip", "normal"]);
  });

  it("shows only labels that tell series apart", () => {
    const varying = varyingLabels(findings);
    expect([...varying].sort()).toEqual(["instance", "service"]);
    expect(distinguishing(first, varying)).toEqual([["instance", "checkout-1"]]);
    expect(allLabels(first).map(([name]) => name)).toEqual(["cluster", "instance", "service"]);
    expect(varyingLabels([]).size).toBe(0);
  });
});
