import classes from "./Labels.module.css";

/** Labels as `name=value`, wrapped between labels. */
export function Labels({ labels }: { labels: readonly (readonly [string, string])[] }) {
  if (labels.length === 0) return null;
  return (
    <span className={classes.labels}>
      {labels.map(([name, value]) => (
        <span key={name} className={classes.label}>
          <span className={classes.name}>{name}=</span>
          {value}
        </span>
      ))}
    </span>
  );
}
