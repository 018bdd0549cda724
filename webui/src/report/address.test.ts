import { describe, expect, it } from "vitest";
import { readView, toggleEntity, togglePattern, writeView } from "./address";

describe("the address of a view", () => {
  it("goes there and back", () => {
    const view = { series: 3, pattern: "single_dip", entity: "node-3:9100" } as const;
    expect(readView(writeView(view))).toEqual(view);
    expect(writeView({ series: null, pattern: null, entity: null }).toString()).toBe("");
  });

  it("ignores what makes no sense", () => {
    const empty = { series: null, pattern: null, entity: null };
    expect(readView(new URLSearchParams("series=0&pattern=circle"))).toEqual(empty);
    expect(readView(new URLSearchParams("series=2.5"))).toEqual(empty);
  });

  it("toggles filters and forgets the series, which may be filtered away", () => {
    const view = readView(new URLSearchParams("series=3"));
    const filtered = toggleEntity(togglePattern(view, "single_dip"), "redis");
    expect(filtered).toEqual({ series: null, pattern: "single_dip", entity: "redis" });
    expect(toggleEntity(togglePattern(filtered, "single_dip"), "redis")).toEqual({ ...view, series: null });
  });
});
