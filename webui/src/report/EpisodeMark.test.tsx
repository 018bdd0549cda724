// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { api } from "../api/client";
import { SESSION } from "../api/session";
import { makeQueryClient } from "../api/queryClient";
import type { Report, WatchRead } from "../api/types";
import { REPORT } from "../fixtures/report";
import { WATCH } from "../fixtures/watch";
import { EpisodeMark } from "./EpisodeMark";

const EPISODE = { entity: "cart", since_ms: 0, ended_ms: null, why: "", min_score: 4, grew_ms: null, grew: "" };
const OPENED: Report = { ...REPORT, watch: "shop", episode: EPISODE };

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function show(report: Report, watch: WatchRead = WATCH, role: "operator" | "viewer" = "operator") {
  const client = makeQueryClient();
  client.setQueryData(SESSION, { role });
  const asked: string[] = [];
  vi.spyOn(api, "GET").mockImplementation(((path: string) => {
    asked.push(path);
    return Promise.resolve({ data: watch, response: new Response() });
  }) as never);
  const post = vi.spyOn(api, "POST").mockResolvedValue({ data: watch, response: new Response() });
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <EpisodeMark report={report} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { asked, post };
}

it("sends what a person says of a report that a watch opened", async () => {
  const { post } = show(OPENED);
  fireEvent.click(await screen.findByRole("button", { name: "Noise" }));
  const body = { entity: "cart", metric: "", verdict: "noise", report_id: REPORT.report_id, at_ms: 0, marked_by: "" };
  const params = { path: { tenant: REPORT.tenant, name: "shop" } };
  await waitFor(() => expect(post).toHaveBeenCalledWith("/api/v1/tenants/{tenant}/watches/{name}/marks", { params, body }));
});

it("shows what was said of this report, and not of another", async () => {
  const of = (reportId: string, verdict: "noise" | "useful") => ({
    entity: "cart", metric: "", verdict, report_id: reportId, at_ms: 0, marked_by: "",
  });
  const marks = [of("another", "noise"), of(REPORT.report_id, "useful")];
  show(OPENED, { ...WATCH, watch: { ...WATCH.watch, marks } });
  expect((await screen.findByRole("button", { name: "Useful" })).getAttribute("aria-pressed")).toBe("true");
  expect(screen.getByRole("button", { name: "Noise" }).getAttribute("aria-pressed")).toBe("false");
});

it("asks nothing of a report that an alert asked for, nor of people who may not change a watch", async () => {
  const { asked } = show(REPORT);
  expect(asked).toEqual([]);
  cleanup();
  const other = show(OPENED, WATCH, "viewer");
  await waitFor(() => expect(other.asked).toHaveLength(1));
  expect(screen.queryByRole("button", { name: "Noise" })).toBeNull();
});
