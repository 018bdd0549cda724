import { Tooltip } from "@mantine/core";
import { localTime, relativeTime, utc } from "../format/time";
import { useNow } from "./useNow";

interface TimeProps {
  ms: number;
  /** `clock` shows 01:12:30, `age` shows 4 min ago, `both` shows both. */
  as?: "clock" | "age" | "both";
}

/** An instant in local time, with UTC and age in the tooltip. */
export function Time({ ms, as = "clock" }: TimeProps) {
  const now = useNow();
  const local = localTime(ms, now);
  const age = relativeTime(ms, now);
  const shown = as === "clock" ? local : as === "age" ? age : `${local} · ${age}`;
  return (
    <Tooltip label={as === "age" ? `${local} · ${utc(ms)}` : `${utc(ms)} · ${age}`} openDelay={250}>
      <time dateTime={new Date(ms).toISOString()}>{shown}</time>
    </Tooltip>
  );
}
