import type { Finding } from "../../api/types";

/** Whether a series is here because it ended or began, and not for how it moved. */
export function isLife(finding: Finding): boolean {
  return finding.event !== "" && finding.predecessor === "";
}
