/** Who reads the page. The token lies in a cookie that scripts cannot read; an event stream sends it too. */
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import type { SessionRead } from "./types";

export const SESSION = ["session"];

const sessionQuery = queryOptions({
  queryKey: SESSION,
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/session", { signal })),
  staleTime: Infinity,
});

export function useSession() {
  return useQuery(sessionQuery);
}

/** Whether the reader may start, teach and delete; the API refuses it in any case. */
export function useMayChange(): boolean {
  const { data } = useQuery({ ...sessionQuery, enabled: false });
  return data === undefined || data.role === "operator";
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => unwrap(api.POST("/api/v1/session", { body: { token } })),
    onSuccess: (session: SessionRead) => {
      // Nothing that somebody else has loaded is shown.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
      client.setQueryData(SESSION, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/session")),
    onSuccess: () => client.resetQueries({ queryKey: SESSION }),
  });
}
