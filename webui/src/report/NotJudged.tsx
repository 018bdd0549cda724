import type { Report } from "../api/types";
import { count } from "../format/number";
import { metricsText } from "./reportText";
import classes from "./NotJudged.module.css";

/** The series that the report says nothing about, by reason and metric, folded in; nothing where all were judged. */
export function NotJudged({ report }: { report: Report }) {
  const series = report.not_judged.reduce((sum, { series }) => sum + series, 0);
  if (series === 0) return null;
  return (
    <details className={classes.notJudged}>
      <summary>Not judged: {count(series)} series</summary>
      <dl>
        {report.not_judged.map(({ reason, series, metrics }) => (
          <div key={reason}>
            <dt>
              {count(series)} {reason}
            </dt>
            <dd>{metricsText(metrics)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
