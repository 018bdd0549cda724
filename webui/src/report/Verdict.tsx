import type { Report } from "../api/types";
import { Time } from "../ui/Time";
import { aroundOnset } from "./facts";

/** The verdict's sentence, its onset in local time. */
export function Verdict({ report }: { report: Pick<Report, "verdict" | "onset_ms"> }) {
  const around = aroundOnset(report);
  if (around === null || typeof report.onset_ms !== "number") return report.verdict;
  return (
    <>
      {around[0]}
      <Time ms={report.onset_ms} />
      {around[1]}
    </>
  );
}
