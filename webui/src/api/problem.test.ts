import { describe, expect, it } from "vitest";
import { ApiProblem, asProblem, problemFrom } from "./problem";

const HTML = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>";

describe("problems", () => {
  it("have a message and a remedy", () => {
    const body = { type: "urn:x", title: "Unprocessable Content", status: 422, detail: "No brace", remedy: "Add one" };
    const problem = problemFrom(body, 422);
    expect([problem.message, problem.remedy, problem.status, problem.transient]).toEqual(["No brace", "Add one", 422, false]);
    expect(problemFrom({ title: "Not Found" }, 404).message).toBe("Not Found");
    expect(problemFrom({ detail: "Kafka is away" }, 503).transient).toBe(true);
  });

  it.each([301, 400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504])("make a sentence of a proxy's page (%i)", (status) => {
    for (const body of [HTML, "upstream connect error", "", undefined, {}]) {
      const problem = problemFrom(body, status);
      const shown = `${problem.message} ${problem.remedy}`;
      expect(shown).toContain(String(status));
      expect(shown).not.toMatch(/[<>]|nginx|upstream/);
      expect(problem.transient).toBe(true);
    }
  });

  it("tell a failed connection from an error in the page", () => {
    const known = new ApiProblem("a", "b", 400);
    expect(asProblem(known)).toBe(known);
    expect(asProblem(new TypeError("Failed to fetch")).message).toBe("The API cannot be reached");
    expect(asProblem(new TypeError("x is undefined")).message).toBe("Something went wrong in the page");
    expect(asProblem(new DOMException("signal timed out", "TimeoutError")).message).toBe("The API does not answer in time");
    expect(asProblem("odd").remedy).toBe("odd");
    expect(asProblem("odd").transient).toBe(false);
  });

  it("do not show the parser's words for a page of HTML under a status of success", () => {
    let error: unknown;
    try {
      JSON.parse(HTML);
    } catch (thrown) {
      error = thrown;
    }
    const problem = asProblem(error);
    expect(problem.message).toBe("Something other than the API answered (200)");
    expect(problem.transient).toBe(true);
  });
});
