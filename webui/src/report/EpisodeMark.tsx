import { useMayChange } from "../api/session";
import type { MarkVerdict, Report } from "../api/types";
import { useWatch, useWatchOrder } from "../api/watchQueries";
import { ProblemNotice } from "../ui/Notice";
import classes from "./EpisodeMark.module.css";

const VERDICTS: readonly { verdict: MarkVerdict; word: string; told: string }[] = [
  { verdict: "useful", word: "Useful", told: "the like is reported sooner" },
  { verdict: "noise", word: "Noise", told: "the like must be rarer to be reported" },
];

/** Of a report that a watch opened: whether it was of use, for the next time. Nothing for any other report. */
export function EpisodeMark({ report }: { report: Report }) {
  const entity = report.episode?.entity ?? "";
  const name = entity === "" ? "" : report.watch;
  const watch = useWatch(report.tenant, name);
  const order = useWatchOrder(report.tenant);
  const mayChange = useMayChange();
  if (watch.data === undefined || !mayChange) return null;
  const marked = watch.data.watch.marks.find((each) => each.report_id === report.report_id)?.verdict;
  return (
    <div className={classes.mark} role="group" aria-label="Was this report useful?">
      <span>Was this report useful?</span>
      {VERDICTS.map(({ verdict, word, told }) => (
        <button
          key={verdict}
          type="button"
          className={classes.verdict}
          aria-pressed={marked === verdict}
          title={`Of ${entity}: ${told}`}
          disabled={order.isPending}
          onClick={() => order.mutate({ do: "mark", name, entity, verdict, reportId: report.report_id })}
        >
          {word}
        </button>
      ))}
      {order.isError && <ProblemNotice error={order.error} />}
    </div>
  );
}
