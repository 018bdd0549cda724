import { describe, expect, it } from "vitest";
import { bytes, chance, change, count, formatValue, fromTo, plain, pluralize, score, seconds, si } from "./number";

/** Thin spaces are for eyes; the expectations below are written with plain ones. */
const spaced = (text: string) => text.replaceAll("\u202f", " ");

describe("numbers", () => {
  it("keeps three significant digits and a real minus", () => {
    expect(plain(3.14159)).toBe("3.14");
    expect(plain(-2)).toBe("−2");
    expect(plain(0)).toBe("0");
    expect(plain(0.00001234)).toBe("1.2e-5");
  });

  it("takes SI prefixes, decided after rounding", () => {
    expect(si(999)).toBe("999");
    expect(si(999.6)).toBe("1k");
    expect(si(1_234_567)).toBe("1.23M");
    expect(si(-4200)).toBe("−4.2k");
    expect(si(3e17)).toBe("300P");
  });

  it("counts bytes in powers of 1024", () => {
    expect(spaced(bytes(1536))).toBe("1.5 KiB");
    expect(spaced(bytes(0))).toBe("0 B");
    expect(spaced(bytes(5 * 2 ** 30))).toBe("5 GiB");
  });

  it("chooses the unit of a duration by its size", () => {
    expect([0, 29.1e-6, 0.0123, 1.5, 90, 300, 7200, 259_200].map((value) => spaced(seconds(value)))).toEqual([
      "0 s",
      "29.1 µs",
      "12.3 ms",
      "1.5 s",
      "90 s",
      "5 min",
      "2 h",
      "3 d",
    ]);
  });

  it("shows values in the unit of their metric, a gap as a dash", () => {
    expect(spaced(formatValue(2048, "bytes/s"))).toBe("2 KiB/s");
    expect(spaced(formatValue(0.25, "ratio"))).toBe("25 %");
    expect(spaced(formatValue(80, "percent"))).toBe("80 %");
    expect(formatValue(1500, "/s")).toBe("1.5k/s");
    expect(spaced(formatValue(0.5, "s/s"))).toBe("0.5 s/s");
    expect(spaced(formatValue(0.5, "seconds"))).toBe("500 ms");
    expect(spaced(formatValue(1380, "ms"))).toBe("1.38 s");
    expect(spaced(formatValue(250, "us"))).toBe("250 µs");
    expect(spaced(formatValue(40, "ns"))).toBe("40 ns");
    expect(spaced(formatValue(71.5, "celsius"))).toBe("71.5 °C");
    expect(formatValue(2.4e9, "bits/s")).toBe("2.4Gbit/s");
    expect(spaced(formatValue(230, "volts"))).toBe("230 V");
    expect(formatValue(7, "")).toBe("7");
    expect([null, undefined, NaN].map((value) => formatValue(value, ""))).toEqual(["–", "–", "–"]);
  });

  it("writes a shared unit once, but a prefix with each value", () => {
    expect(spaced(fromTo(4.01 * 2 ** 20, 12.6 * 2 ** 20, "bytes/s"))).toBe("4.01 → 12.6 MiB/s");
    expect(fromTo(2100, 1060, "/s")).toBe("2.1k → 1.06k/s");
    expect(spaced(fromTo(0.21, 2.13, "seconds"))).toBe("210 ms → 2.13 s");
    expect(fromTo(2, 48, "")).toBe("2 → 48");
  });

  it("relates after to before, and is empty where the ratio has no meaning", () => {
    expect(change(2, 18.2)).toBe("×9.1");
    expect(spaced(change(100, 138))).toBe("+38 %");
    expect(spaced(change(100, 36))).toBe("−64 %");
    expect([change(0, 5), change(5, 5), change(-1, 5), change(1, 1e6)]).toEqual(["", "", "", ""]);
  });

  it("aligns scores", () => {
    expect([6.129, 12.44, 104.2, 0.0007, 9.999].map(score)).toEqual(["6.13", "12.4", "104", "0.00", "10.0"]);
  });

  it("separates thousands and chooses singular or plural", () => {
    expect(spaced(count(1_234_567))).toBe("1 234 567");
    expect(pluralize(1, "finding", "findings")).toBe("1 finding");
    expect(pluralize(0, "finding", "findings")).toBe("0 findings");
  });
});

describe("chance", () => {
  it("says neither 0 nor 100 percent", () => {
    expect([0.998, 0.94, 0.001].map(chance)).toEqual(["99%", "94%", "1%"]);
  });
});
