// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, expect, it } from "vitest";
import type { Progress } from "../api/types";
import { progressKey } from "../progress/useProgress";
import { NoReport } from "./NoReport";

afterEach(cleanup);

function said(progress: Partial<Progress>): string {
  const client = new QueryClient({ defaultOptions: { queries: { enabled: false } } });
  client.setQueryData(progressKey("shop", "r1"), { request_id: "r1", done: 0, of: 0, note: "", report_id: "", ...progress });
  const { container } = render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        <MemoryRouter>
          <NoReport tenant="shop" reportId="r1" />
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return container.querySelector("strong")?.parentElement?.textContent ?? "";
}

it.each<[Partial<Progress>, string]>([
  [{ stage: "quiet", note: "cart stands out most, by a score of 2.9" }, "This analysis gave no reportcart stands out most, by a score of 2.9"],
  [{ stage: "analysing", done: 1, of: 3 }, "The report is not ready yetIts analysis: analysing 1 of 3."],
  [{ stage: "concluded", report_id: "r1" }, "The report is not ready yetIts analysis: report ready."],
  [{ stage: "failed" }, "There is no such reportIt may have been deleted. To the reports"],
])("says why there is no report: %o", (progress, text) => {
  expect(said(progress)).toBe(text);
});
