import type { Trigger } from "../api/types";

const TRIGGERS: Record<Trigger, string> = { alert: "alert", manual: "by hand", watch: "watch" };

/** What started an analysis, as a label. */
export function triggerLabel(trigger: Trigger): string {
  return TRIGGERS[trigger];
}
