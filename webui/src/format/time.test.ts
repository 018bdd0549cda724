import { describe, expect, it, vi } from "vitest";
import { clock, duration, fromInput, localTime, relativeTime, utc, zone } from "./time";

const NOW = new Date(2026, 10, 23, 3, 12, 30).getTime();
const MINUTE = 60_000;

describe("times", () => {
  it("shows the local clock, with the day where it is not today", () => {
    expect(clock(NOW)).toBe("03:12:30");
    expect(clock(NOW, false)).toBe("03:12");
    expect(localTime(NOW, NOW)).toBe(`03:12:30 ${zone(NOW)}`);
    expect(localTime(NOW - 24 * 60 * MINUTE, NOW, false)).toBe(`22 Nov 03:12 ${zone(NOW)}`);
  });

  it.each([
    [0, "UTC"],
    [-60, "UTC+1"],
    [-330, "UTC+5:30"],
    [210, "UTC\u22123:30"],
    [720, "UTC\u221212"],
  ])("names the zone of a clock %i min behind UTC", (behind, named) => {
    vi.spyOn(Date.prototype, "getTimezoneOffset").mockReturnValue(behind);
    expect(zone(NOW)).toBe(named);
    expect(localTime(NOW, NOW)).toContain(named);
    vi.restoreAllMocks();
  });

  it("gives UTC for pasting", () => {
    expect(utc(Date.UTC(2026, 10, 23, 1, 12, 30))).toBe("2026-11-23 01:12:30 UTC");
  });

  it("says lengths in their two largest units", () => {
    const lengths = [400, 45_000, 2 * MINUTE + 12_000, 12 * MINUTE, 200 * MINUTE, 180 * MINUTE, 52 * 60 * MINUTE];
    expect(lengths.map(duration)).toEqual(["400 ms", "45 s", "2 min 12 s", "12 min", "3 h 20 min", "3 h", "2 d 4 h"]);
  });

  it("tells ages in whole minutes, backwards and forwards", () => {
    expect(relativeTime(NOW - 2000, NOW)).toBe("just now");
    expect(relativeTime(NOW - 44_000, NOW)).toBe("44 s ago");
    expect(relativeTime(NOW - 4.9 * MINUTE, NOW)).toBe("4 min ago");
    expect(relativeTime(NOW + 120 * MINUTE, NOW)).toBe("in 2 h");
  });

  it("reads a datetime-local input as local time", () => {
    expect(fromInput("2026-11-23T03:12:30")).toBe(new Date(NOW).toISOString().replace(".000Z", "Z"));
    expect(fromInput("")).toBeNull();
    expect(fromInput("yesterday")).toBeNull();
  });
});
