import type { Trigger } from "../api/types";

const TRIGGERS: Record<Trigger, string> = { alert: "alert", manual: "by hand", watch: "watch" };

/** What started an analysis, in a word. */
export function triggerText(trigger: Trigger): string {
  return TRIGGERS[trigger];
}
