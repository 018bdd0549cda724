import type { ReactNode } from "react";
import classes from "./Panel.module.css";

/** A titled box. */
export function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.panel}>
      <header className={classes.head}>
        <h1 className={classes.title}>{title}</h1>
        <div className={classes.aside}>{aside}</div>
      </header>
      {children}
    </section>
  );
}
