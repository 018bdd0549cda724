import { describe, expect, it } from "vitest";
import type { Pattern } from "../api/types";
import { PATTERNS, typeOf } from "../fixtures/patterns";
import { glyphPath } from "./shapes";

const SHAPES = PATTERNS.map((pattern) => pattern.name);

/** Corners of a path of absolute M, L, H, V, C and S commands. */
function corners(path: string): [number, number][] {
  let [x, y] = [0, 0];
  return [...path.matchAll(/([A-Z])([^A-Z]*)/g)].flatMap(([, command, text]): [number, number][] => {
    const numbers = (text ?? "").trim().split(/[ ,]+/).map(Number);
    if (command === "H") return numbers.map((next) => [(x = next), y]);
    const pairs = numbers.flatMap((value, at): [number, number][] => (at % 2 === 0 ? [[value, numbers[at + 1] ?? NaN]] : []));
    [x, y] = pairs.at(-1) ?? [x, y];
    return pairs;
  });
}

describe("glyphs", () => {
  it("exist for the 13 shapes, normal and other, each different", () => {
    expect(SHAPES).toHaveLength(15);
    expect(new Set(SHAPES.map(glyphPath)).size).toBe(15);
  });

  it.each(SHAPES)("draws %s inside its box", (shape) => {
    for (const [x, y] of corners(glyphPath(shape))) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(28);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(16);
    }
  });

  it("ends where it began exactly for shapes that recovered", () => {
    for (const shape of SHAPES.filter((each) => typeOf(each) > 0 && each !== "fluctuations")) {
      const path = corners(glyphPath(shape));
      expect([shape, path[0]?.[1] === path.at(-1)?.[1]]).toEqual([shape, typeOf(shape) === 2]);
    }
  });

  it("goes up where the name says up", () => {
    const end = (shape: Pattern) => corners(glyphPath(shape)).at(-1)?.[1] ?? NaN;
    expect(end("sudden_increase")).toBeLessThan(end("sudden_decrease"));
    expect(end("level_shift_up")).toBeLessThan(end("level_shift_down"));
    expect(end("steady_increase")).toBeLessThan(end("steady_decrease"));
  });

  it.each(["unheard_of", "constructor", ""])("draws a shape that it does not know (%j) as other", (name) => {
    expect(glyphPath(name)).toBe(glyphPath("other"));
  });
});
