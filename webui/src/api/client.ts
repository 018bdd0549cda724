import createClient from "openapi-fetch";
import { problemFrom } from "./problem";
import type { paths } from "./schema";

/** A read that hangs longer is given up and tried again; so is no order, which may be carried out all the same. */
const READ_TIMEOUT_MS = 10_000;
const ORDER_TIMEOUT_MS = 60_000;

function fetchInTime(request: Request): Promise<Response> {
  const timeout = AbortSignal.timeout(request.method === "GET" ? READ_TIMEOUT_MS : ORDER_TIMEOUT_MS);
  return fetch(request, { signal: AbortSignal.any([request.signal, timeout]) });
}

/** Pages of other origins cannot send it, so that the API knows ours (CSRF). */
const OUR_PAGE = { "X-Patternwatch-CSRF": "1" };

/** The API at the page's own origin, typed by its OpenAPI document. */
export const api = createClient<paths>({ baseUrl: "/", fetch: fetchInTime, headers: OUR_PAGE });

interface ApiResult<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of a response; throws ApiProblem for an error status. */
export async function unwrap<T>(result: Promise<ApiResult<T>>): Promise<T> {
  const { data, error, response } = await result;
  if (!response.ok) throw problemFrom(error, response.status);
  return data as T;
}
