import { useState, type ReactNode } from "react";
import type { EntityRank, Finding } from "../../api/types";
import { countShapes } from "../../patterns/shapeCounts";
import { toggleEntity, togglePattern, type UrlState } from "../../routing/urlState";
import type { SetUrlState } from "../../routing/useUrlState";
import { IconClose } from "../../ui/icons";
import { EntityChip, ShapeChip } from "./FilterChips";
import { filterFindings } from "./select";
import classes from "./Filters.module.css";

const ENTITIES_SHOWN = 8;

interface FiltersProps {
  entities: readonly EntityRank[];
  findings: readonly Finding[];
  urlState: UrlState;
  setUrlState: SetUrlState;
}

/** The ranked entities and the shapes as chips, each of which toggles a filter. */
export function Filters({ entities, findings, urlState, setUrlState }: FiltersProps) {
  return (
    <div className={classes.filters}>
      <EntityFilter entities={entities} urlState={urlState} setUrlState={setUrlState} />
      <ShapeFilter findings={findings} urlState={urlState} setUrlState={setUrlState} />
    </div>
  );
}

function EntityFilter({ entities, urlState, setUrlState }: Omit<FiltersProps, "findings">) {
  const [expanded, setExpanded] = useState(false);
  const shown = entities.filter(
    (entity, index) => expanded || index < ENTITIES_SHOWN || entity.entity === urlState.entity,
  );
  return (
    <FilterRow name="Where">
      {shown.map((entity) => (
        <EntityChip
          key={entity.entity}
          entity={entity}
          maxScore={entities[0]?.score ?? 1}
          pressed={urlState.entity === entity.entity}
          onClick={() => setUrlState((state) => toggleEntity(state, entity.entity))}
        />
      ))}
      {shown.length < entities.length && (
        <button type="button" className={classes.clear} onClick={() => setExpanded(true)}>
          {entities.length - shown.length} more
        </button>
      )}
    </FilterRow>
  );
}

function ShapeFilter({ findings, urlState, setUrlState }: Omit<FiltersProps, "entities">) {
  const { pattern: selected, entity } = urlState;
  const counts = countShapes(filterFindings(findings, { pattern: null, entity }));
  // A selected shape that the selected entity does not have stays visible, so that its filter can be removed.
  const hidden = countShapes(findings).filter(
    ({ pattern }) => pattern === selected && !counts.some((shape) => shape.pattern === selected),
  );
  const shown = [...counts, ...hidden.map((shape) => ({ ...shape, count: 0 }))];
  return (
    <FilterRow name="Shapes">
      {shown.map((shape) => (
        <ShapeChip
          key={shape.pattern}
          shape={shape}
          pressed={selected === shape.pattern}
          onClick={() => setUrlState((state) => togglePattern(state, shape.pattern))}
        />
      ))}
      {(selected !== null || entity !== null) && (
        <button
          type="button"
          className={classes.clear}
          onClick={() => setUrlState((state) => ({ ...state, pattern: null, entity: null }))}
        >
          <IconClose size={12} /> Show all
        </button>
      )}
    </FilterRow>
  );
}

function FilterRow({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.row} role="group" aria-label={name}>
      <span className={classes.name} aria-hidden="true">
        {name}
      </span>
      <div className={classes.chips}>{children}</div>
    </div>
  );
}
