import { describe, expect, it } from "vitest";
import { ApiProblem, asProblem, problemFrom } from "./problem";

describe("problems", () => {
  it("say what was wrong and what to do", () => {
    const body = { type: "urn:x", title: "Unprocessable Content", status: 422, detail: "No brace", remedy: "Add one" };
    const problem = problemFrom(body, 422);
    expect([problem.message, problem.remedy, problem.status]).toEqual(["No brace", "Add one", 422]);
  });

  it("say something whatever came back", () => {
    expect(problemFrom({ title: "Not Found" }, 404).message).toBe("Not Found");
    expect(problemFrom("<html>Bad Gateway", 502).remedy).toBe("<html>Bad Gateway");
    expect(problemFrom(undefined, 500).message).toBe("The API answered 500");
  });

  it("tell a lost connection from a broken page", () => {
    const known = new ApiProblem("a", "b", 400);
    expect(asProblem(known)).toBe(known);
    expect(asProblem(new TypeError("Failed to fetch")).message).toBe("The API cannot be reached");
    expect(asProblem("odd").remedy).toBe("odd");
  });
});
