import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTenants } from "../api/queries";
import { fromInput, zone } from "../format/time";
import { ProgressBar } from "../progress/ProgressBar";
import { quietText } from "../progress/stages";
import { type AnalysisRun, useAnalysisRun } from "../progress/useAnalysisRun";
import { useNow } from "../ui/useNow";
import { Notice, ProblemNotice } from "../ui/Notice";
import form from "../ui/SideForm.module.css";
import classes from "./SelectorForm.module.css";

/** Form that analyzes any selector around any time, without an alert. */
export function SelectorForm({ tenant }: { tenant: string }) {
  const [selector, setSelector] = useState("");
  const [at, setAt] = useState("");
  const run = useAnalysisRun(tenant);
  const tenants = useTenants();
  const now = useNow(60_000);
  const placeholder = tenants.data?.find((each) => each.id === tenant)?.selector ?? '{cluster="shop"}';
  const send = () => run.start({ selector: selector.trim(), ...(at === "" ? {} : { at: fromInput(at) }) });
  return (
    <form
      className={form.form}
      aria-labelledby="selector-form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <h2 id="selector-form" className={form.title}>
        Analyze a selector
      </h2>
      <TextInput
        size="xs"
        label="Series selector"
        placeholder={placeholder}
        value={selector}
        onChange={(event) => setSelector(event.currentTarget.value)}
        classNames={{ input: form.mono }}
        spellCheck={false}
        autoComplete="off"
      />
      <TextInput
        size="xs"
        type="datetime-local"
        step={1}
        label="When it began"
        description={`Your local time (${zone(at === "" ? now : new Date(at).getTime())}). Empty: look at the latest data.`}
        value={at}
        onChange={(event) => setAt(event.currentTarget.value)}
      />
      {run.busy ? (
        <ProgressBar progress={run.progress} />
      ) : (
        <Button size="xs" type="submit" variant="default" disabled={selector.trim() === ""}>
          Analyze
        </Button>
      )}
      <RunResult run={run} />
    </form>
  );
}

/** Why a run did not lead to a report. */
function RunResult({ run }: { run: AnalysisRun }) {
  return (
    <>
      {run.error !== null && <ProblemNotice error={run.error} />}
      {run.progress?.stage === "failed" && <Notice tone="error" title={run.progress.note || "The analysis failed"} />}
      {run.progress?.stage === "quiet" && <p className={classes.quiet}>{quietText(run.progress)}</p>}
    </>
  );
}
