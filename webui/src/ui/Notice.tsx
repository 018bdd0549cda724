import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { asProblem } from "../api/problem";
import { IconWarn } from "./icons";
import classes from "./Notice.module.css";

/** A box with a note, a warning or an error. */
export function Notice({ tone, title, children }: { tone: "note" | "warn" | "error"; title: string; children?: ReactNode }) {
  return (
    <div className={classes.notice} data-tone={tone} role={tone === "error" ? "alert" : "status"}>
      <IconWarn />
      <div className={classes.content}>
        <strong>{title}</strong>
        {children !== undefined && <div className={classes.details}>{children}</div>}
      </div>
    </div>
  );
}

/** An error of the API or of the connection, with what to do about it. */
export function ProblemNotice({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = asProblem(error);
  return (
    <Notice tone="error" title={problem.message}>
      {problem.remedy}
      {retry !== undefined && (
        <div className={classes.retry}>
          <Button size="compact-sm" variant="default" onClick={retry}>
            Try again
          </Button>
        </div>
      )}
    </Notice>
  );
}

/** Placeholder where there is nothing to show, with what to do about it. */
export function EmptyState({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={classes.empty}>
      <svg width="96" height="32" viewBox="0 0 96 32" aria-hidden="true">
        <path d="M2 20C14 14 20 25 32 19S52 14 62 19S82 24 94 18" />
      </svg>
      <strong>{title}</strong>
      <p>{children}</p>
    </div>
  );
}
