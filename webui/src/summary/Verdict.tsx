import type { Report } from "../api/types";
import { Time } from "../ui/Time";
import { splitVerdictAtOnset } from "./verdictText";

/** The sentence of the verdict, its onset in local time. */
export function Verdict({ report }: { report: Pick<Report, "verdict" | "onset_ms"> }) {
  const parts = splitVerdictAtOnset(report);
  if (parts === null || typeof report.onset_ms !== "number") return report.verdict;
  const [before, after] = parts;
  return (
    <>
      {before}
      <Time ms={report.onset_ms} />
      {after}
    </>
  );
}
