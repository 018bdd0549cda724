/** An error to show: from problem+json (RFC 9457), from something between the page and the API, or from the connection. */
export class ApiProblem extends Error {
  readonly remedy: string;
  readonly status: number;
  /** Whether it may pass by itself: it is not the API's own word on the request. */
  readonly transient: boolean;

  constructor(problem: string, remedy: string, status: number, transient = false) {
    super(problem);
    this.name = "ApiProblem";
    this.remedy = remedy;
    this.status = status;
    this.transient = transient;
  }
}

const KEEPS_TRYING = "This page keeps trying. Is `patternwatch api` running?";

function text(body: object, key: string): string {
  const value = (body as Record<string, unknown>)[key];
  return typeof value === "string" ? value : "";
}

/** The problem in the body of an error response; any other body is not the API's, and is not shown. */
export function problemFrom(body: unknown, status: number): ApiProblem {
  if (typeof body === "object" && body !== null) {
    const message = text(body, "detail") || text(body, "title");
    if (message !== "") return new ApiProblem(message, text(body, "remedy"), status, status >= 500);
  }
  return new ApiProblem(...foreign(status), status, true);
}

/** What an answer says that the API did not write, such as a proxy's page of HTML: problem and remedy. */
function foreign(status: number): [string, string] {
  if (status >= 502 && status <= 504) return [`The API does not answer: a proxy in front of it says ${status}`, KEEPS_TRYING];
  if (status === 401 || status === 403) {
    return [`Something in front of the API refuses you (${status})`, "Sign in again, or ask whoever runs the proxy."];
  }
  if (status >= 500) return [`The API failed (${status})`, "This page keeps trying. Its log says why."];
  return [`Something other than the API answered (${status})`, "Is a proxy or a sign-in page in front of it? This page keeps trying."];
}

/** What `fetch` says where the connection fails, in Chromium, Firefox and Safari: a TypeError, as mistakes of a page throw. */
const NO_CONNECTION = /fetch|network ?error|load failed|body stream|terminated/i;

/** Any thrown value as a problem. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new ApiProblem("The API does not answer in time", KEEPS_TRYING, 0, true);
  }
  if (error instanceof TypeError && NO_CONNECTION.test(error.message)) return new ApiProblem("The API cannot be reached", KEEPS_TRYING, 0, true);
  // A body that is no JSON under a status of success.
  if (error instanceof SyntaxError) return new ApiProblem(...foreign(200), 200, true);
  return new ApiProblem("Something went wrong in the page", error instanceof Error ? error.message : String(error), 0);
}
