/** Queries and mutations of watches. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import type { MarkVerdict, MuteKind, WatchRead } from "./types";

/** A watch looks every minute or so. */
const WATCHES_INTERVAL_MS = 5_000;

const watchesKey = (tenant: string) => [tenant, "watches"];

/** Every watch of the tenant by name, and how each does. */
export function useWatches(tenant: string) {
  return useQuery({
    queryKey: watchesKey(tenant),
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/tenants/{tenant}/watches", { params: { path: { tenant } }, signal })),
    select: (answer) => answer.watches,
    refetchInterval: WATCHES_INTERVAL_MS,
  });
}

/** One watch; none is asked for where the name is empty. */
export function useWatch(tenant: string, name: string) {
  return useQuery({
    queryKey: [...watchesKey(tenant), name],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/tenants/{tenant}/watches/{name}", { params: { path: { tenant, name } }, signal })),
    enabled: name !== "",
  });
}

/** What a person does to a watch. */
export type WatchOrder =
  | { do: "make"; name: string; selector: string; each: string }
  | { do: "pause"; name: string; paused: boolean }
  | { do: "mute"; name: string; kind: MuteKind; value: string; untilMs: number | null }
  | { do: "unmute"; name: string; kind: MuteKind; value: string }
  | { do: "mark"; name: string; entity: string; verdict: MarkVerdict; reportId: string }
  | { do: "end"; name: string };

/** Carries an order out; the list is loaded again afterwards. */
export function useWatchOrder(tenant: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (order: WatchOrder) => {
      await send(tenant, order);
    },
    onSettled: () => client.invalidateQueries({ queryKey: watchesKey(tenant) }),
  });
}

function send(tenant: string, order: WatchOrder): Promise<WatchRead | undefined> {
  const params = { path: { tenant, name: order.name } };
  switch (order.do) {
    case "make":
      return unwrap(api.PUT("/api/v1/tenants/{tenant}/watches/{name}", { params, body: { selector: order.selector, each: order.each, changed_by: "" } }));
    case "pause":
      return unwrap(api.PATCH("/api/v1/tenants/{tenant}/watches/{name}", { params, body: { paused: order.paused, changed_by: "" } }));
    case "mute": {
      const body = { kind: order.kind, value: order.value, until_ms: order.untilMs, note: "", muted_by: "" };
      return unwrap(api.POST("/api/v1/tenants/{tenant}/watches/{name}/mutes", { params, body }));
    }
    case "unmute": {
      const body = { kind: order.kind, value: order.value };
      return unwrap(api.POST("/api/v1/tenants/{tenant}/watches/{name}/mutes/end", { params, body }));
    }
    case "mark": {
      const body = { entity: order.entity, metric: "", verdict: order.verdict, report_id: order.reportId, at_ms: 0, marked_by: "" };
      return unwrap(api.POST("/api/v1/tenants/{tenant}/watches/{name}/marks", { params, body }));
    }
    case "end":
      return unwrap(api.DELETE("/api/v1/tenants/{tenant}/watches/{name}", { params }));
  }
}
