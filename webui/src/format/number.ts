/** Numbers as text: three significant digits, SI or binary prefixes, the unit of the metric. */

const MINUS = "\u2212";
const THIN = "\u202f";

/** Symbols behind a number; the other units are scaled by their own rules. */
const SYMBOLS = {
  "/s": "/s",
  bits: "bit",
  "bits/s": "bit/s",
  volts: `${THIN}V`,
  amperes: `${THIN}A`,
  joules: `${THIN}J`,
  watts: `${THIN}W`,
  meters: `${THIN}m`,
  grams: `${THIN}g`,
  hertz: `${THIN}Hz`,
} as const;

/** The units of the report's series. */
export type Unit =
  | keyof typeof SYMBOLS
  | ""
  | "bytes"
  | "bytes/s"
  | "seconds"
  | "s/s"
  | "ms"
  | "us"
  | "ns"
  | "ratio"
  | "percent"
  | "celsius";

const SI = ["", "k", "M", "G", "T", "P"] as const;
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Three significant digits without exponent or trailing zeros; `0.000012` stays readable as `1.2e-5`. */
export function plain(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-4) return sign(value.toExponential(1));
  return sign(String(Number(value.toPrecision(3))));
}

function sign(text: string): string {
  return text.startsWith("-") ? MINUS + text.slice(1) : text;
}

function scaled(value: number, base: number, last: number): [number, number] {
  let power = 0;
  let size = Math.abs(value);
  // 999.6 is 1k, not 1000: the rounded value decides the prefix.
  while (power < last && Number(size.toPrecision(3)) >= base) {
    size /= base;
    power += 1;
  }
  return [Math.sign(value) * size, power];
}

/** `1234567` as `1.23M`. */
export function si(value: number): string {
  const [scaledValue, power] = scaled(value, 1000, SI.length - 1);
  return plain(scaledValue) + (SI[power] ?? "");
}

/** `1536` as `1.5 KiB`. */
export function bytes(value: number): string {
  const [scaledValue, power] = scaled(value, 1024, BINARY.length - 1);
  return plain(scaledValue) + THIN + (BINARY[power] ?? "");
}

/** `0.0123` s as `12.3 ms`, `5400` s as `1.5 h`. */
export function seconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return `0${THIN}s`;
  if (size < 1e-6) return plain(value * 1e9) + THIN + "ns";
  if (size < 1e-3) return plain(value * 1e6) + THIN + "µs";
  if (size < 1) return plain(value * 1e3) + THIN + "ms";
  if (size < 120) return plain(value) + THIN + "s";
  if (size < 7200) return plain(value / 60) + THIN + "min";
  if (size < 172_800) return plain(value / 3600) + THIN + "h";
  return plain(value / 86_400) + THIN + "d";
}

/** A value in the unit of its metric; a gap is a dash. */
export function formatValue(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  switch (unit) {
    case "bytes":
      return bytes(value);
    case "bytes/s":
      return bytes(value) + "/s";
    case "seconds":
      return seconds(value);
    case "ms":
      return seconds(value / 1e3);
    case "us":
      return seconds(value / 1e6);
    case "ns":
      return seconds(value / 1e9);
    case "s/s":
      return plain(value) + THIN + "s/s";
    case "ratio":
      return plain(value * 100) + THIN + "%";
    case "percent":
      return plain(value) + THIN + "%";
    case "celsius":
      return plain(value) + THIN + "°C";
    case "":
      return si(value);
    default:
      return si(value) + SYMBOLS[unit];
  }
}

/** `4.01 → 12.6 MiB/s`: two values, the unit once where both have the same. */
export function fromTo(before: number, after: number, unit: Unit): string {
  const [first, second] = [formatValue(before, unit), formatValue(after, unit)];
  // Only a whole unit is left out: `2k → 3k/s` must not become `2 → 3k/s`.
  const suffix = /(\u202f.*|\/s)$/.exec(second)?.[0] ?? "";
  const short = suffix !== "" && first.endsWith(suffix);
  return `${short ? first.slice(0, -suffix.length) : first} → ${second}`;
}

/** A score in at most four characters: `6.13`, `12.4`, `104`. */
export function score(value: number): string {
  const size = Math.abs(value);
  return sign(value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2));
}

/** A whole number with thin spaces between thousands: `12 345`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
}

/** `1 finding`, `2 findings`: the number with the noun in the singular or plural. */
export function pluralize(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `after` relative to `before`: `×9.1`, `+38 %`, `−64 %`; empty where the ratio is undefined, negative or 10,000 and more. */
export function change(before: number, after: number): string {
  if (!Number.isFinite(before) || !Number.isFinite(after) || before === 0 || before === after) return "";
  const ratio = after / before;
  if (ratio < 0) return "";
  if (ratio >= 1e4) return "";
  if (ratio >= 2) return "×" + plain(Number(ratio.toPrecision(2)));
  const percent = Math.round((ratio - 1) * 100);
  if (percent === 0) return "";
  return (percent > 0 ? "+" : MINUS) + String(Math.abs(percent)) + THIN + "%";
}

/** How sure a classifier is, in percent: never 0 or 100, which no count of examples shows. */
export function chance(probability: number): string {
  return `${Math.min(Math.max(Math.round(probability * 100), 1), 99)}%`;
}
