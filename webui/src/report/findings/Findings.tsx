import { useMediaQuery } from "@mantine/hooks";
import { useCallback } from "react";
import type { Report } from "../../api/types";
import { pluralize } from "../../format/number";
import { EMPTY_URL_STATE } from "../../routing/urlState";
import { useUrlState } from "../../routing/useUrlState";
import { EmptyState } from "../../ui/Notice";
import { Filters } from "./Filters";
import { filterFindings, matchingFilter, selectedFinding } from "./select";
import { SeriesDetail } from "./SeriesDetail";
import { SeriesList } from "./SeriesList";
import classes from "./Findings.module.css";

/** Filters, the list of series and the selected one beside it; on a narrow page below its row. */
export function Findings({ report, splitLabel }: { report: Report; splitLabel: string }) {
  const [requested, setUrlState] = useUrlState();
  const urlState = { ...requested, ...matchingFilter(report, requested) };
  const select = useCallback((rank: number) => setUrlState((state) => ({ ...state, series: rank })), [setUrlState]);
  const narrow = useMediaQuery("(max-width: 1180px)", false, { getInitialValueInEffect: false });
  const shown = filterFindings(report.findings, urlState);
  const selected = selectedFinding(shown, urlState.series);
  const detail = selected !== null && (
    <SeriesDetail finding={selected} window={report.window} splitLabel={splitLabel} />
  );
  return (
    <>
      <Filters entities={report.entities} findings={report.findings} urlState={urlState} setUrlState={setUrlState} />
      {selected === null ? (
        <EmptyState title="No series passes both filters">
          <button type="button" className={classes.link} onClick={() => setUrlState(() => EMPTY_URL_STATE)}>
            Show all
          </button>
        </EmptyState>
      ) : (
        <div className={classes.columns}>
          <div>
            <SeriesList
              all={report.findings}
              findings={shown}
              window={report.window}
              selected={selected.rank}
              onSelect={select}
              detail={narrow ? detail : undefined}
            />
            <Omitted number={report.omitted} />
          </div>
          {!narrow && <div className={classes.side}>{detail}</div>}
        </div>
      )}
    </>
  );
}

function Omitted({ number }: { number: number }) {
  if (number <= 0) return null;
  return (
    <p className={classes.omitted}>{pluralize(number, "weaker finding is", "weaker findings are")} not shown.</p>
  );
}
