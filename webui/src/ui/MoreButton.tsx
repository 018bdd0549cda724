import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { count } from "../format/number";
import classes from "./MoreButton.module.css";

interface MoreButtonProps {
  shown: number;
  total: number;
  /** There is another page. */
  more: boolean;
  loading: boolean;
  onMore: () => void;
}

/** Below a list: how many of all rows it shows, and the button for more; nothing where it showed all from the start. */
export function MoreButton({ shown, total, more, loading, onMore }: MoreButtonProps) {
  const [pressed, setPressed] = useState(false);
  const status = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    // The button is gone: who pressed it by a key goes on from here, and not from the top of the page.
    if (pressed && !more) status.current?.focus({ preventScroll: true });
  }, [pressed, more]);
  if (!more && !pressed) return null;
  return (
    <div className={classes.more}>
      <span ref={status} tabIndex={-1}>
        {more ? `${count(shown)} of ${count(Math.max(shown, total))} shown` : `All ${count(shown)} shown`}
      </span>
      {more && (
        // Not disabled meanwhile, which would take the focus away.
        <Button
          size="compact-sm"
          variant="default"
          aria-disabled={loading}
          onClick={() => {
            if (loading) return;
            setPressed(true);
            onMore();
          }}
        >
          {loading ? "Loading more" : "Show more"}
        </Button>
      )}
    </div>
  );
}
