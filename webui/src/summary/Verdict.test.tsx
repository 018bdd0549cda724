// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { VerdictPart } from "../api/types";
import { REPORT } from "../fixtures/report";
import { clock } from "../format/time";
import { Verdict } from "./Verdict";

afterEach(cleanup);

function show(parts: readonly VerdictPart[]) {
  return render(<Verdict parts={parts} />, { wrapper: MantineProvider }).container;
}

it("shows texts as they are, entities emphasised and instants in local time", () => {
  const onset = REPORT.onset_ms ?? NaN;
  const shown = show(REPORT.verdict_parts);
  expect([...shown.querySelectorAll("strong")].map((each) => each.textContent)).toEqual(["checkout"]);
  const time = shown.querySelector("time");
  expect(time?.dateTime).toBe(new Date(onset).toISOString());
  expect(time?.textContent).toContain(clock(onset));
  const [before, after] = REPORT.verdict.split("00:58:00 UTC");
  expect(shown.textContent).toContain(`${before ?? ""}${time?.textContent ?? ""}${after ?? ""}`);
});

it("finds no instant in a text, and shows an instant without a time as its text", () => {
  const shown = show([
    { kind: "text", text: "Nothing since 00:58:00 UTC, ", ms: null },
    { kind: "instant", text: "01:02:03 UTC", ms: null },
  ]);
  expect(shown.querySelector("time")).toBeNull();
  expect(shown.textContent).toContain("Nothing since 00:58:00 UTC, 01:02:03 UTC");
});
