import { expect, it } from "vitest";
import { REPORT } from "../fixtures/report";
import { rerunRequest } from "./rerun";

it("repeats an analysis by its alert", () => {
  expect(rerunRequest(REPORT)).toEqual({ alert_fingerprint: "abc", anew: true });
});

it("repeats an analysis without an alert by selector and window", () => {
  expect(rerunRequest({ ...REPORT, alert: null })).toEqual({
    selector: '{cluster="shop"}',
    at: "2026-11-23T01:00:00.000Z",
    end: "2026-11-23T01:29:30.000Z",
    step: 30,
    title: "CheckoutSlow",
    anew: true,
  });
});
