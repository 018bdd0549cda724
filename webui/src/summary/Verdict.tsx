import type { VerdictPart } from "../api/types";
import { Time } from "../ui/Time";
import classes from "./Verdict.module.css";

/** The sentence of the verdict: its entities stand out, its instants are in local time. */
export function Verdict({ parts }: { parts: readonly VerdictPart[] }) {
  return parts.map((part, index) => <Part key={index} part={part} />);
}

function Part({ part }: { part: VerdictPart }) {
  if (part.kind === "entity") return <strong className={classes.entity}>{part.text}</strong>;
  if (part.kind === "instant" && part.ms !== null) return <Time ms={part.ms} />;
  return part.text;
}
