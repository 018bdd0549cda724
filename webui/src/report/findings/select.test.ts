import { describe, expect, it } from "vitest";
import { REPORT } from "../../fixtures/report";
import { filterFindings, matchingFilter, neighbourRank, selectedFinding } from "./select";

const { findings } = REPORT;
const ranks = (filter: Parameters<typeof filterFindings>[1]) => filterFindings(findings, filter).map((each) => each.rank);

describe("the selection among findings", () => {
  it("filters by shape and entity, alone and together", () => {
    expect(ranks({ pattern: null, entity: null })).toEqual([1, 2, 3, 4, 5]);
    expect(ranks({ pattern: "steady_increase", entity: null })).toEqual([3, 5]);
    expect(ranks({ pattern: null, entity: "checkout" })).toEqual([1, 2, 5]);
    expect(ranks({ pattern: "steady_increase", entity: "checkout" })).toEqual([5]);
    expect(ranks({ pattern: "single_dip", entity: null })).toEqual([]);
  });

  it("ignores a filter that matches nothing, each on its own", () => {
    const both = { pattern: "single_spike", entity: "postgres" };
    expect(matchingFilter(REPORT, both)).toEqual(both);
    expect(matchingFilter(REPORT, { pattern: "single_dip", entity: "redis" })).toEqual({ pattern: null, entity: "redis" });
    expect(matchingFilter(REPORT, { pattern: "single_spike", entity: "nobody" })).toEqual({ pattern: "single_spike", entity: null });
    expect(matchingFilter({ ...REPORT, findings: [] }, { pattern: null, entity: "redis" }).entity).toBe("redis");
  });

  it("falls back to the first finding where the rank is filtered out", () => {
    expect(selectedFinding(findings, 3)?.rank).toBe(3);
    expect(selectedFinding(findings, 99)?.rank).toBe(1);
    expect(selectedFinding([], 1)).toBeNull();
  });

  it("moves along the shown findings and stops at both ends", () => {
    const shown = filterFindings(findings, { pattern: null, entity: "checkout" });
    expect(neighbourRank(shown, 2, 1)).toBe(5);
    expect(neighbourRank(shown, 5, 1)).toBe(5);
    expect(neighbourRank(shown, 5, -10)).toBe(1);
    expect(neighbourRank([], 4, 1)).toBe(4);
  });
});
