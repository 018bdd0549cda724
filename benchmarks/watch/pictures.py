"""Pictures of openings: the series that opened them, in the hours around."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.watch.generated import Day, GeneratedCluster
from benchmarks.watch.metrics import DAY_ROWS, HOUR_ROWS
from benchmarks.watch.quiet import FalseOpening

BEFORE_ROWS, AFTER_ROWS = 3 * HOUR_ROWS, HOUR_ROWS // 2
SERIES = 5
_LINE, _OPENED = "#2b6cb0", "#d64545"


def draw_openings(folder: Path, series: int, found: list[FalseOpening]) -> Iterator[Path]:
    """A picture of each false opening; the clusters are generated again, nothing is judged."""
    by_seed = defaultdict[int, list[FalseOpening]](list)
    for one in found:
        by_seed[one.seed].append(one)
    for seed, openings in by_seed.items():
        wanted = {one.tick.row // DAY_ROWS for one in openings}
        last, before = max(wanted), None
        for day in GeneratedCluster(series, seed).days(last + 1):
            for one in openings:
                if day.first <= one.tick.row < day.first + DAY_ROWS:
                    path = folder / f"{seed}-{one.tick.row}.png"
                    title = f"{one.what} (seed {seed}, day {one.tick.row / DAY_ROWS:.2f})"
                    drawn(title, one, day, before).savefig(path, dpi=90)
                    yield path
            before = day


def drawn(title: str, opening: FalseOpening, day: Day, before: Day | None) -> Figure:
    """The series of the entity that opened, strongest first."""
    observation = opening.tick.observation
    assert observation.opening is not None
    entity = next(iter(e for e in observation.entities if e.name == observation.opening.entity), None)
    shown = [(dict(one.labels), one.score) for one in entity.series[:SERIES]] if entity else []
    figure = Figure(figsize=(8, 1.2 + 1.3 * max(len(shown), 1)), layout="constrained")
    figure.suptitle(f"{observation.opening.entity}: {title}", fontsize=9)
    axes = figure.subplots(max(len(shown), 1), 1, squeeze=False, sharex=True)[:, 0]
    places = {tuple(sorted(labels.items())): n for n, labels in enumerate(day.labels)}
    for ax, (labels, score) in zip(axes, shown, strict=False):
        row = places.get(tuple(sorted(labels.items())))
        _curve(ax, f"{labels.get('__name__', '')} ({score:.1f})", row, opening.tick.row, day, before)
    axes[-1].set_xlabel("hours from the opening")
    return figure


def _curve(ax: Axes, title: str, place: int | None, row: int, day: Day, before: Day | None) -> None:
    ax.set_title(title, fontsize=8, loc="left")
    ax.axvline(0, color=_OPENED, linewidth=0.8)
    if place is None:  # it began within this day
        return
    earlier = before.values[place] if before else np.empty(0, np.float32)
    values = np.concatenate([earlier, day.values[place]])
    at = len(earlier) + row - day.first
    begin, end = max(0, at - BEFORE_ROWS), min(len(values), at + AFTER_ROWS)
    ax.plot((np.arange(begin, end) - at) / HOUR_ROWS, values[begin:end], color=_LINE, linewidth=0.7)
    ax.tick_params(labelsize=7)
