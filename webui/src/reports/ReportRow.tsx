import { ActionIcon } from "@mantine/core";
import { Link } from "react-router";
import { useMayChange } from "../api/session";
import type { ReportSummary } from "../api/types";
import { pluralize } from "../format/number";
import { Glyph } from "../patterns/Glyph";
import { shapeCounts } from "../patterns/shapeCounts";
import { shapeLabel } from "../patterns/taxonomy";
import { useTaxonomy } from "../patterns/useTaxonomy";
import { reportPath } from "../routing/paths";
import { triggerLabel } from "../summary/labels";
import { Verdict } from "../summary/Verdict";
import { IconTrash } from "../ui/icons";
import { Time } from "../ui/Time";
import classes from "./ReportRow.module.css";

const SHAPES_SHOWN = 4;

interface ReportRowProps {
  tenant: string;
  report: ReportSummary;
  onDelete: () => void;
}

/** One report of the list; its verdict links to it. */
export function ReportRow({ tenant, report, onDelete }: ReportRowProps) {
  const top = report.entities[0];
  const mayChange = useMayChange();
  return (
    <li className={classes.row} data-status={report.status}>
      <div className={classes.when}>
        <Time ms={report.published_at_ms ?? report.requested_at_ms} />
        <span className={classes.age}>
          <Time ms={report.published_at_ms ?? report.requested_at_ms} as="age" />
        </span>
      </div>
      <div className={classes.what}>
        <Link className={classes.verdict} to={reportPath(tenant, report.report_id)}>
          <Verdict parts={report.verdict_parts} />
        </Link>
        <div className={classes.about}>
          <span>{triggerLabel(report.trigger)}</span>
          <span className={classes.title}>{report.title}</span>
          {report.status !== "complete" && <span className={classes.status}>{report.status}</span>}
        </div>
      </div>
      <div className={classes.found}>
        <span className={classes.entity}>{top?.entity ?? "–"}</span>
        <span className={classes.age}>{pluralize(report.findings, "finding", "findings")}</span>
      </div>
      <Shapes counts={report.patterns} />
      {mayChange && (
        <ActionIcon variant="subtle" color="gray" aria-label={`Delete the report ${report.title}`} onClick={onDelete}>
          <IconTrash size={15} />
        </ActionIcon>
      )}
    </li>
  );
}

/** Icons of the most frequent shapes. */
function Shapes({ counts }: { counts: ReportSummary["patterns"] }) {
  const taxonomy = useTaxonomy();
  return (
    <div className={classes.shapes}>
      {shapeCounts(counts, taxonomy)
        .slice(0, SHAPES_SHOWN)
        .map(({ pattern, type, count }) => (
          <span key={pattern} title={`${count} × ${shapeLabel(taxonomy, pattern)}`}>
            <Glyph pattern={pattern} type={type} size={24} />
            <span className="visually-hidden">{`${count} ${shapeLabel(taxonomy, pattern)}`}</span>
          </span>
        ))}
    </div>
  );
}
