/** Times as text: local clock, UTC, durations and relative times. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function padded(value: number): string {
  return String(value).padStart(2, "0");
}

/** The zone of the local clock at this time, by its distance to UTC: `UTC+1`, `UTC−3:30`, `UTC`. */
export function zone(ms: number): string {
  const ahead = -new Date(ms).getTimezoneOffset();
  if (!Number.isFinite(ahead) || ahead === 0) return "UTC";
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60];
  return `UTC${ahead > 0 ? "+" : "\u2212"}${hours}${minutes === 0 ? "" : `:${padded(minutes)}`}`;
}

/** `01:12:30`, local and without its zone: for places that name the zone once; with `seconds` false `01:12`. */
export function clock(ms: number, seconds = true): string {
  const at = new Date(ms);
  const text = `${padded(at.getHours())}:${padded(at.getMinutes())}`;
  return seconds ? `${text}:${padded(at.getSeconds())}` : text;
}

/** `23 Nov`, local. */
export function day(ms: number): string {
  return new Date(ms).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

/** The clock with its zone, and with the day in front where it is not today: `22 Nov 01:12:30 UTC+1`. */
export function localTime(ms: number, nowMs: number, seconds = true): string {
  const same = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return `${same ? "" : `${day(ms)} `}${clock(ms, seconds)} ${zone(ms)}`;
}

/** `2026-11-23 01:12:30 UTC`. */
export function utc(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ") + " UTC";
}

/** A length of time in its two largest units: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1000) return `${Math.round(size)} ms`;
  if (size < MINUTE) return `${Math.round(size / 1000)} s`;
  if (size < HOUR) {
    const minutes = Math.floor(size / MINUTE);
    const rest = Math.round((size % MINUTE) / 1000);
    return minutes < 10 && rest > 0 && rest < 60 ? `${minutes} min ${rest} s` : `${Math.round(size / MINUTE)} min`;
  }
  if (size < DAY) return pair(Math.floor(size / HOUR), "h", Math.floor((size % HOUR) / MINUTE), "min");
  return pair(Math.floor(size / DAY), "d", Math.floor((size % DAY) / HOUR), "h");
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** `just now`, `4 min ago`, `in 2 h`. */
export function relativeTime(ms: number, nowMs: number): string {
  const past = nowMs - ms;
  if (Math.abs(past) < 5000) return "just now";
  const size = Math.abs(past) < HOUR && Math.abs(past) >= MINUTE ? Math.floor(Math.abs(past) / MINUTE) * MINUTE : past;
  return past > 0 ? `${duration(size)} ago` : `in ${duration(size)}`;
}

/** The value of a `datetime-local` input as RFC 3339 in UTC; null for an empty or invalid one. */
export function fromInput(text: string): string | null {
  const at = new Date(text);
  return text === "" || Number.isNaN(at.getTime()) ? null : at.toISOString().replace(".000Z", "Z");
}
