import { Tooltip } from "@mantine/core";
import { ago, moment, utc } from "../format/time";
import { useNow } from "./useNow";

interface Props {
  ms: number;
  /** `clock` shows 01:12:30, `age` shows 4 min ago, `both` shows both. */
  as?: "clock" | "age" | "both";
}

/** An instant: local on the page, UTC and age in the tooltip. */
export function Time({ ms, as = "clock" }: Props) {
  const now = useNow();
  const local = moment(ms, now);
  const age = ago(ms, now);
  const shown = as === "clock" ? local : as === "age" ? age : `${local} · ${age}`;
  return (
    <Tooltip label={as === "age" ? `${local} · ${utc(ms)}` : `${utc(ms)} · ${age}`} openDelay={250}>
      <time dateTime={new Date(ms).toISOString()}>{shown}</time>
    </Tooltip>
  );
}
