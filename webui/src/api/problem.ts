/** An error to show: from problem+json (RFC 9457), or from a failed connection. */
export class ApiProblem extends Error {
  readonly remedy: string;
  readonly status: number;

  constructor(problem: string, remedy: string, status: number) {
    super(problem);
    this.name = "ApiProblem";
    this.remedy = remedy;
    this.status = status;
  }
}

function text(body: object, key: string): string {
  const value = (body as Record<string, unknown>)[key];
  return typeof value === "string" ? value : "";
}

/** The problem in the body of an error response; any other body gives a generic message. */
export function problemFrom(body: unknown, status: number): ApiProblem {
  if (typeof body === "object" && body !== null) {
    const message = text(body, "detail") || text(body, "title");
    if (message !== "") return new ApiProblem(message, text(body, "remedy"), status);
  }
  const plain = typeof body === "string" ? body.slice(0, 300) : "";
  return new ApiProblem(`The API answered ${status}`, plain, status);
}

/** Any thrown value as a problem; `fetch` throws a TypeError where the connection fails. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof TypeError) {
    return new ApiProblem("The API cannot be reached", "This page keeps trying. Is `patternwatch api` running?", 0);
  }
  return new ApiProblem("Something went wrong in the page", error instanceof Error ? error.message : String(error), 0);
}
