import { describe, expect, it } from "vitest";
import { ApiProblem, asProblem, problemFrom } from "./problem";

describe("problems", () => {
  it("have a message and a remedy", () => {
    const body = { type: "urn:x", title: "Unprocessable Content", status: 422, detail: "No brace", remedy: "Add one" };
    const problem = problemFrom(body, 422);
    expect([problem.message, problem.remedy, problem.status]).toEqual(["No brace", "Add one", 422]);
  });

  it("have a message for any response body", () => {
    expect(problemFrom({ title: "Not Found" }, 404).message).toBe("Not Found");
    expect(problemFrom("<html>Bad Gateway", 502).remedy).toBe("<html>Bad Gateway");
    expect(problemFrom(undefined, 500).message).toBe("The API answered 500");
  });

  it("tell a failed connection from an error in the page", () => {
    const known = new ApiProblem("a", "b", 400);
    expect(asProblem(known)).toBe(known);
    expect(asProblem(new TypeError("Failed to fetch")).message).toBe("The API cannot be reached");
    expect(asProblem("odd").remedy).toBe("odd");
  });
});
