import type { Report, VerdictPart } from "../api/types";
import { Verdict } from "../summary/Verdict";
import classes from "./VerdictFields.module.css";

/** What the verdict is made of, as the API says it; nothing for reports of earlier releases. */
export function VerdictFields({ report }: { report: Report }) {
  const fields = report.verdict_fields;
  const named: [string, readonly VerdictPart[]][] = [
    ["Began", fields.began],
    ["Broke", fields.broke],
    ["Follows", fields.follows],
    ["Hit", fields.hit],
    ["Now", fields.now],
    ["Stopped", fields.stopped],
    ["How sure", fields.how_sure],
    ...fields.against.map((parts): [string, readonly VerdictPart[]] => ["Against it", parts]),
  ];
  const told = named.filter(([, parts]) => parts.length > 0);
  if (told.length === 0) return null;
  return (
    <dl className={classes.fields} aria-label="What the verdict rests on">
      {told.map(([name, parts], index) => (
        <div key={index}>
          <dt>{name}</dt>
          <dd>
            <Verdict parts={parts} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
