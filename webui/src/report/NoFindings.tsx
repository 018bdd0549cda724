import type { Report } from "../api/types";
import { EmptyState } from "../ui/Notice";
import { noFindingsText } from "./noFindings";

/** In place of the findings where there are none: what the report's own numbers say, and no verdict beside its verdict. */
export function NoFindings({ report }: { report: Report }) {
  const { title, lines } = noFindingsText(report);
  return (
    <EmptyState title={title}>
      {lines.map((line) => (
        <span key={line}>{line} </span>
      ))}
    </EmptyState>
  );
}
