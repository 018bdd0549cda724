import { expect, it } from "vitest";
import { PATTERNS } from "../fixtures/patterns";
import { shapeLabel, taxonomyOf } from "./taxonomy";

it("labels a shape as the API does, and one that it does not have by its plain name", () => {
  const relabelled = PATTERNS.map((pattern) => ({ ...pattern, label: `<${pattern.label}>` }));
  expect(shapeLabel(taxonomyOf({ patterns: relabelled }), "single_dip")).toBe("<single dip>");
  expect(shapeLabel(new Map(), "single_dip")).toBe("single_dip");
});
