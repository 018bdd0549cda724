import { expect, it } from "vitest";
import type { AlertRead } from "../api/types";
import { ALERT } from "../fixtures/alert";
import { sortAlerts } from "./alertSort";

const alert = (fingerprint: string, status: "firing" | "resolved", starts_at_ms: number): AlertRead => ({
  ...ALERT,
  fingerprint,
  status,
  starts_at_ms,
});

it("sorts firing before resolved, then by descending start time", () => {
  const alerts = [alert("a", "resolved", 9), alert("b", "firing", 1), alert("c", "firing", 5), alert("d", "resolved", 7)];
  expect(sortAlerts(alerts).map((each) => each.fingerprint)).toEqual(["c", "b", "a", "d"]);
});
