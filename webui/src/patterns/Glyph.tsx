import type { Pattern } from "../api/types";
import { glyphPath, shapeType } from "./shapes";
import classes from "./Glyph.module.css";

/** Icon of a shape. Warm means still abnormal, cool means recovered; it is hidden from screen readers. */
export function Glyph({ pattern, size = 28 }: { pattern: Pattern; size?: number }) {
  return (
    <svg
      className={classes.glyph}
      data-type={shapeType(pattern)}
      width={size}
      height={(size * 16) / 28}
      viewBox="0 0 28 16"
      aria-hidden="true"
    >
      <path d={glyphPath(pattern)} />
    </svg>
  );
}
