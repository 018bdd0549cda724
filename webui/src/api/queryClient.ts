import { QueryCache, QueryClient } from "@tanstack/react-query";
import { asProblem } from "./problem";
import { SESSION } from "./session";

/** So long after an attempt that failed, the next is made: a view is back within 5 s after the API is. */
const RETRY_MS = 2_000;

/**
 * What may pass by itself is tried until it does; what the API says of a request is final. A query meanwhile tells its
 * `failureReason`, and keeps what it has loaded.
 */
export function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        // The token has expired or was revoked: ask again who reads.
        if (asProblem(error).status === 401) void client.invalidateQueries({ queryKey: SESSION });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        // The browser's own idea of being online says nothing about a server of the local network.
        networkMode: "always",
        retry: (_failures, error) => asProblem(error).transient,
        retryDelay: RETRY_MS,
      },
      mutations: { networkMode: "always" },
    },
  });
  return client;
}
