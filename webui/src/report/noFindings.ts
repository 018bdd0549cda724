/** What an empty list of findings says: numbers of the report. Whether all is well is said by its verdict alone. */
import type { Report } from "../api/types";
import { count, pluralize } from "../format/number";
import { appearedVanishedText, skippedText } from "./reportText";

type Judged = Pick<Report, "status" | "counts" | "not_judged" | "missing" | "no_all_clear">;

const EARLIER = "If the trouble began earlier, analyze the selector with the time it began.";

/** Title and sentences for a report without findings. */
export function noFindingsText(report: Judged): { title: string; lines: string[] } {
  const { counts } = report;
  const instead = report.no_all_clear === "" ? [] : [`${report.no_all_clear}.`];
  return { title: titleOf(report), lines: [...instead, ...leftOut(report), ...moved(counts), ...(counts.analysed > 0 ? [EARLIER] : [])] };
}

function titleOf({ status, counts, not_judged, missing, no_all_clear }: Judged): string {
  if (no_all_clear !== "") return "This is not an all-clear";
  if (counts.selected === 0 && status === "complete") return "No series was selected";
  if (counts.analysed === 0) return "No series could be judged";
  const incomplete = status === "partial" || missing.length > 0 || not_judged.length > 0 || counts.vanished > 0;
  return incomplete ? "No finding among the series that could be judged" : "No finding";
}

/** Which series are not spoken of, and why; the one sentence that must not be missing. */
function leftOut({ status, counts, not_judged, missing }: Judged): string[] {
  const lines = [`${count(counts.analysed)} of ${pluralize(counts.selected, "selected series", "selected series")} were judged.`];
  const unjudged = not_judged.map(({ series, reason }) => `${count(series)} ${reason}`).join(", ");
  if (unjudged !== "") lines.push(`Not judged: ${unjudged}.`);
  else if (counts.analysed === 0 && skippedText(counts.skipped) !== "") lines.push(`Skipped: ${skippedText(counts.skipped)}.`);
  const came = appearedVanishedText(counts);
  if (came !== "") lines.push(`Within the window ${came}.`);
  if (status === "partial" || missing.length > 0) lines.push("Parts of the series are missing from this report.");
  return lines;
}

function moved({ analysed, flagged }: Report["counts"]): string[] {
  if (analysed === 0) return [];
  if (flagged === 0) return ["None of them was flagged as changed."];
  return [
    `${pluralize(flagged, "series", "series")} moved, no more than such series do by chance, or in ways that say nothing about a cause.`,
  ];
}
