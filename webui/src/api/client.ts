import createClient from "openapi-fetch";
import { problemFrom } from "./problem";
import type { paths } from "./schema";

/** The API at the page's own origin, typed by its OpenAPI document. */
export const api = createClient<paths>({ baseUrl: "/" });

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
