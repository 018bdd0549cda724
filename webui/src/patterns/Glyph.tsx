import type { PatternType } from "../api/types";
import { glyphPath } from "./shapes";
import classes from "./Glyph.module.css";

interface GlyphProps {
  pattern: string;
  type: PatternType;
  size?: number;
}

/** Icon of a shape. Warm means still abnormal, cool means recovered; it is hidden from screen readers. */
export function Glyph({ pattern, type, size = 28 }: GlyphProps) {
  return (
    <svg
      className={classes.glyph}
      data-type={type}
      width={size}
      height={(size * 16) / 28}
      viewBox="0 0 28 16"
      aria-hidden="true"
    >
      <path d={glyphPath(pattern)} />
    </svg>
  );
}
