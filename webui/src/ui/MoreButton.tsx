import { Button } from "@mantine/core";
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

/** Below a list: how many of all rows it shows, and the button for more; nothing where it shows all. */
export function MoreButton({ shown, total, more, loading, onMore }: MoreButtonProps) {
  if (!more) return null;
  return (
    <div className={classes.more}>
      <span>
        {count(shown)} of {count(Math.max(shown, total))} shown
      </span>
      <Button size="compact-sm" variant="default" loading={loading} onClick={onMore}>
        Show more
      </Button>
    </div>
  );
}
