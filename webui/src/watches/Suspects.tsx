import { Menu } from "@mantine/core";
import type { MuteKind, SuspectEntity, SuspectSeries } from "../api/types";
import { Labels } from "../ui/Labels";
import { Time } from "../ui/Time";
import classes from "./Suspects.module.css";

const HOUR_MS = 3_600_000;

/** Mutes something until a time; null for good. */
export type OnMute = (kind: MuteKind, value: string, untilMs: number | null) => void;

interface SuspectsProps {
  entities: readonly SuspectEntity[];
  /** Score at which an episode opens; 0 where it is not known. */
  bar: number;
  onMute: OnMute | undefined;
}

/** The entities that stand out in a watch, each with how near it is to a report and with what it does. */
export function Suspects({ entities, bar, onMute }: SuspectsProps) {
  if (entities.length === 0) return null;
  return (
    <ol className={classes.list} aria-label="What stands out">
      {entities.map((each) => (
        <li key={each.entity} className={classes.entity} data-muted={each.muted}>
          <div className={classes.head}>
            <strong className={classes.name}>{each.entity}</strong>
            <Nearness score={each.score} bar={bar} />
            <span className={classes.soft}>
              since <Time ms={each.since_ms} as="age" />
            </span>
            {each.muted && <span className={classes.soft}>muted</span>}
            {onMute !== undefined && !each.muted && <MuteMenu name={each.entity} onMute={onMute} />}
          </div>
          <ul className={classes.series}>
            {each.series.map((series) => (
              <Series key={JSON.stringify(series.labels) + series.derivation} series={series} />
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

/** How near an entity is to a report, as a bar that is full at the score that opens one. */
function Nearness({ score, bar }: { score: number; bar: number }) {
  if (bar <= 0) return null;
  const part = Math.min(score / bar, 1);
  const words = part >= 1 ? "over the bar" : `${Math.round(100 * part)} % of the bar`;
  return (
    <span className={classes.nearness} title={`${score.toFixed(1)} of ${bar.toFixed(1)}`}>
      <span className={classes.meter} aria-hidden="true">
        <span className={classes.fill} data-full={part >= 1} style={{ width: `${100 * part}%` }} />
      </span>
      <span className={classes.soft}>{words}</span>
    </span>
  );
}

function Series({ series }: { series: SuspectSeries }) {
  const { __name__: metric = "", ...labels } = series.labels;
  return (
    <li className={classes.one} data-muted={series.muted}>
      <span aria-hidden="true">{series.rises ? "↑" : "↓"}</span>
      <span className="visually-hidden">{series.rises ? "rises" : "falls"}</span>
      {!series.words.includes(metric) && <span className={classes.metric}>{metric}</span>}
      {series.words !== "" && <span>{series.words}</span>}
      <Labels labels={Object.entries(labels)} />
    </li>
  );
}

function MuteMenu({ name, onMute }: { name: string; onMute: OnMute }) {
  const lasting = (hours: number) => () => onMute("entity", name, Date.now() + hours * HOUR_MS);
  return (
    <Menu withinPortal position="bottom-start">
      <Menu.Target>
        <button type="button" className={classes.quietly} aria-label={`Mute ${name}`}>
          mute
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={lasting(1)}>for an hour</Menu.Item>
        <Menu.Item onClick={lasting(24)}>for a day</Menu.Item>
        <Menu.Item onClick={lasting(24 * 7)}>for a week</Menu.Item>
        <Menu.Item onClick={() => onMute("entity", name, null)}>for good</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
