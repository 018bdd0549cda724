import { describe, expect, it } from "vitest";
import { EMPTY_URL_STATE, parseUrlState, serializeUrlState, toggleEntity, togglePattern } from "./urlState";

describe("the URL state of the report page", () => {
  it("survives a round trip", () => {
    const state = { series: 3, pattern: "single_dip", entity: "node-3:9100" } as const;
    expect(parseUrlState(serializeUrlState(state))).toEqual(state);
    expect(serializeUrlState(EMPTY_URL_STATE).toString()).toBe("");
  });

  it("ignores invalid parameters", () => {
    expect(parseUrlState(new URLSearchParams("series=0&pattern="))).toEqual(EMPTY_URL_STATE);
    expect(parseUrlState(new URLSearchParams("pattern=%3Cb%3E"))).toEqual(EMPTY_URL_STATE);
    expect(parseUrlState(new URLSearchParams(`pattern=${"a".repeat(65)}`))).toEqual(EMPTY_URL_STATE);
    expect(parseUrlState(new URLSearchParams("series=2.5"))).toEqual(EMPTY_URL_STATE);
  });

  it("takes any name of a shape, known or not", () => {
    expect(parseUrlState(new URLSearchParams("pattern=slow_sawtooth_2")).pattern).toBe("slow_sawtooth_2");
  });

  it("toggles filters and resets the series, which a filter may hide", () => {
    const state = parseUrlState(new URLSearchParams("series=3"));
    const filtered = toggleEntity(togglePattern(state, "single_dip"), "redis");
    expect(filtered).toEqual({ series: null, pattern: "single_dip", entity: "redis" });
    expect(toggleEntity(togglePattern(filtered, "single_dip"), "redis")).toEqual({ ...state, series: null });
  });
});
