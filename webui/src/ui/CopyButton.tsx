import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { copyText } from "./copy";
import { IconCheck, IconCopy } from "./icons";

const SHOWN_MS = 1_500;

/** Copies a text and says so for a moment. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return undefined;
    const timer = setTimeout(() => setState("idle"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const words = { idle: label, done: "Copied", failed: "Select it by hand" }[state];
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={state === "done" ? <IconCheck size={13} /> : <IconCopy size={13} />}
      onClick={() => void copyText(text).then((done) => setState(done ? "done" : "failed"))}
    >
      <span aria-live="polite">{words}</span>
    </Button>
  );
}
