import { useState, type ReactNode } from "react";
import type { EntityRank, Finding, Pattern } from "../api/types";
import { counted, score } from "../format/number";
import { Glyph } from "../patterns/Glyph";
import { shapeName, shapeType, typeName } from "../patterns/shapes";
import { IconClose } from "../ui/icons";
import { toggleEntity, togglePattern, type View } from "./address";
import { byCount, matching, shapeCounts } from "./select";
import classes from "./Filters.module.css";

const ENTITIES_SHOWN = 8;

interface Props {
  entities: readonly EntityRank[];
  findings: readonly Finding[];
  view: View;
  change: (next: (view: View) => View) => void;
}

/** Where and what: the ranked entities and the shapes, each a filter. */
export function Filters({ entities, findings, view, change }: Props) {
  const shapes = byCount(shapeCounts(matching(findings, { pattern: null, entity: view.entity })));
  const [all, setAll] = useState(false);
  const shownEntities = entities.filter(
    (entity, place) => all || place < ENTITIES_SHOWN || entity.entity === view.entity,
  );
  const filtered = view.pattern !== null || view.entity !== null;
  // A shape that the chosen entity does not have stays on show, so that it can be taken back.
  const shown: [Pattern, number][] =
    view.pattern !== null && !shapes.some(([shape]) => shape === view.pattern)
      ? [...shapes, [view.pattern, 0]]
      : shapes;
  return (
    <div className={classes.filters}>
      <Row name="Where">
        {shownEntities.map((entity) => (
          <EntityChip
            key={entity.entity}
            entity={entity}
            most={entities[0]?.score ?? 1}
            pressed={view.entity === entity.entity}
            onPress={() => change((old) => toggleEntity(old, entity.entity))}
          />
        ))}
        {shownEntities.length < entities.length && (
          <button type="button" className={classes.clear} onClick={() => setAll(true)}>
            {entities.length - shownEntities.length} more
          </button>
        )}
      </Row>
      <Row name="Shapes">
        {shown.map(([pattern, number]) => (
          <button
            key={pattern}
            type="button"
            className={classes.chip}
            aria-pressed={view.pattern === pattern}
            title={typeName(shapeType(pattern))}
            onClick={() => change((old) => togglePattern(old, pattern))}
          >
            <Glyph pattern={pattern} size={24} />
            {shapeName(pattern)}
            <span className={classes.number}>{number}</span>
          </button>
        ))}
        {filtered && (
          <button
            type="button"
            className={classes.clear}
            onClick={() => change((old) => ({ ...old, pattern: null, entity: null }))}
          >
            <IconClose size={12} /> Show all
          </button>
        )}
      </Row>
    </div>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.row} role="group" aria-label={name}>
      <span className={classes.name} aria-hidden="true">
        {name}
      </span>
      <div className={classes.chips}>{children}</div>
    </div>
  );
}

interface ChipProps {
  entity: EntityRank;
  most: number;
  pressed: boolean;
  onPress: () => void;
}

function EntityChip({ entity, most, pressed, onPress }: ChipProps) {
  const share = most > 0 ? Math.max(0.03, entity.score / most) : 0;
  return (
    <button
      type="button"
      className={classes.entity}
      aria-pressed={pressed}
      title={`${entity.label}: score ${score(entity.score)}, ${counted(entity.series, "series", "series")}`}
      onClick={onPress}
    >
      <span className={classes.fill} style={{ width: `${(share * 100).toFixed(1)}%` }} aria-hidden="true" />
      <span className={classes.rank}>{entity.rank}</span>
      <span className={classes.what}>{entity.entity}</span>
      <span className={classes.number}>{score(entity.score)}</span>
    </button>
  );
}
