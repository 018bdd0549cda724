import createClient from "openapi-fetch";
import type { paths } from "./schema";
import { problemFrom } from "./problem";

/** The API at the page's own origin, typed by its OpenAPI document. */
export const api = createClient<paths>({ baseUrl: "/" });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer's data; throws ApiProblem where the API said no. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemFrom(error, response.status);
  return data as T;
}
