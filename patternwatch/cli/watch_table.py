"""Watches in a terminal: many as a table, one as YAML."""

from collections.abc import Iterator, Sequence

import yaml
from rich import box
from rich.table import Table

from patternwatch.cli.times import clock, timestamp
from patternwatch.client import ListedWatch

_COLUMNS = ("name", "state", "series", "every", "stands out", "last look", "selector")
_WRAPPED = ("stands out", "selector")
_MAX_SHOWN = 3


def table_of(found: Sequence[ListedWatch]) -> Table:
    """Every watch, and how it does."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for title in _COLUMNS:
        table.add_column(title, overflow="fold", no_wrap=title not in _WRAPPED)
    for one in found:
        table.add_row(*_row(one))
    return table


def _row(one: ListedWatch) -> tuple[str, ...]:
    watch, state = one.watch, one.state
    every, selector = f"{watch.interval_s:g} s", watch.selector
    if watch.each:
        selector += f", each {watch.each}"
    if state is None:
        return watch.name, "paused" if watch.paused else "no look yet", "", every, "", "", selector
    shown = ", ".join(f"{e.entity} {e.score:.1f}" for e in state.entities[:_MAX_SHOWN])
    condition = "paused" if watch.paused else state.condition
    return watch.name, condition, f"{state.series:,}", every, shown, clock(state.at_ms), selector


def lines_of(one: ListedWatch) -> Iterator[str]:
    """One watch, whole, as YAML that `apply` takes; what stands out as its comments."""
    told = one.watch.model_dump(mode="json", exclude={"schema_version"}, exclude_defaults=True)
    yield yaml.safe_dump([told], sort_keys=False, allow_unicode=True).rstrip()
    if one.state is None:
        return
    state = one.state
    yield f"# {state.condition} at {timestamp(state.at_ms)}: {state.series:,} series, bar {state.bar:.1f}"
    for entity in state.entities:
        muted = " (muted)" if entity.muted else ""
        yield f"#   {entity.entity}{muted} {entity.score:.1f}, since {timestamp(entity.since_ms)}"
        for series in entity.series:
            yield f"#     {series.words or series.labels}"
    for said in state.said:
        yield f"#   {said}"
