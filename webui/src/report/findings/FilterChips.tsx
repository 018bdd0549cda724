import type { EntityRank } from "../../api/types";
import { pluralize, score } from "../../format/number";
import { Glyph } from "../../patterns/Glyph";
import type { ShapeCount } from "../../patterns/shapeCounts";
import { shapeLabel } from "../../patterns/taxonomy";
import { useTaxonomy } from "../../patterns/useTaxonomy";
import classes from "./Filters.module.css";

interface ShapeChipProps {
  shape: ShapeCount;
  pressed: boolean;
  onClick: () => void;
}

/** A toggle button for one shape, with the number of its findings. */
export function ShapeChip({ shape, pressed, onClick }: ShapeChipProps) {
  const taxonomy = useTaxonomy();
  const { pattern, type, count } = shape;
  return (
    <button
      type="button"
      className={classes.chip}
      aria-pressed={pressed}
      title={taxonomy.get(pattern)?.type_label}
      onClick={onClick}
    >
      <Glyph pattern={pattern} type={type} size={24} />
      {shapeLabel(taxonomy, pattern)}
      <span className={classes.number}>{count}</span>
    </button>
  );
}

interface EntityChipProps {
  entity: EntityRank;
  /** The score that fills the bar. */
  maxScore: number;
  pressed: boolean;
  onClick: () => void;
}

/** A toggle button for one entity, with its score as a bar and a number. */
export function EntityChip({ entity, maxScore, pressed, onClick }: EntityChipProps) {
  const share = maxScore > 0 ? Math.max(0.03, entity.score / maxScore) : 0;
  const about = `${entity.label}: score ${score(entity.score)}, ${pluralize(entity.series, "series", "series")}`;
  return (
    <button
      type="button"
      className={classes.entity}
      aria-pressed={pressed}
      title={entity.follows === "" ? about : `${about}\n${entity.follows}`}
      onClick={onClick}
    >
      <span className={classes.fill} style={{ width: `${(share * 100).toFixed(1)}%` }} aria-hidden="true" />
      <span className={classes.rank}>{entity.rank}</span>
      <span className={classes.what}>{entity.entity}</span>
      <span className={classes.number}>{score(entity.score)}</span>
    </button>
  );
}
