import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { copyText } from "./copy";
import { IconCheck, IconCopy } from "./icons";

const RESET_MS = 1_500;

/** Copies a text and shows the result for a moment. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return undefined;
    const timer = setTimeout(() => setState("idle"), RESET_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const caption = { idle: label, done: "Copied", failed: "Select it by hand" }[state];
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={state === "done" ? <IconCheck size={13} /> : <IconCopy size={13} />}
      onClick={() => void copyText(text).then((done) => setState(done ? "done" : "failed"))}
    >
      <span aria-live="polite">{caption}</span>
    </Button>
  );
}
