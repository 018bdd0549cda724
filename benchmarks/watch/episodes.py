"""Draw three recorded incidents as always on sees them: `python -m benchmarks.watch.episodes [NAME ...]`.

Above the evidence of each entity by tick, the bar, and when the episode opened and closed; below the series
of the entity that opened it.
"""

import argparse

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.output import progress
from benchmarks.watch.recorded import FOLDERS, ROOT, Played, play
from benchmarks.watch.replay import TICK_ROWS
from patternwatch.watch.episodes.observation import SeenSeries

IMAGES = ROOT / "docs" / "images"
SHOWN = ("catalogue-cpu-hog", "catalogue-link-latency", "redis-eviction")
ENTITIES, SERIES = 4, 3
_FAULT, _OPENED, _OVER, _LINE = "#8a8f98", "#d64545", "#2f855a", "#2b6cb0"


def main() -> None:
    """Draw each of them into docs/images."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=SHOWN)
    for name in parser.parse_args().names:
        path = next(p for folder in FOLDERS for p in folder.glob(f"{name}.parquet"))
        image = IMAGES / f"always-on-{name}.png"
        draw(name, play(path)).savefig(image, dpi=110)
        progress(f"wrote {image.relative_to(ROOT)}")


def draw(name: str, played: Played) -> Figure:
    """One recording; ticks count from the fault on."""
    series = _series(played)
    figure = Figure(figsize=(8, 2.6 + 1.1 * len(series)), layout="constrained")
    figure.suptitle(name.replace("-", " "), fontsize=10)
    ratios = [2.2, *(1.0 for _ in series)]
    axes = figure.subplots(1 + len(series), 1, squeeze=False, sharex=True, height_ratios=ratios)[:, 0]
    _evidence(axes[0], played)
    for ax, one in zip(axes[1:], series, strict=True):
        _curve(ax, played, one)
    axes[-1].set_xlabel("ticks from the fault on")
    return figure


def _evidence(ax: Axes, played: Played) -> None:
    at = np.array([(tick.row - played.split) / TICK_ROWS for tick in played.ticks])
    scores = dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]()
    for n, tick in enumerate(played.ticks):
        for entity in tick.observation.entities:
            scores.setdefault(entity.name, np.zeros(len(at)))[n] = entity.score
    strongest = sorted(scores, key=lambda entity: -float(scores[entity].max()))[:ENTITIES]
    for name in strongest:
        ax.plot(at, scores[name], linewidth=1, label=name)
    ax.plot(at, [tick.observation.bar for tick in played.ticks], "k:", linewidth=0.8, label="bar")
    _marks(ax, played)
    ax.set_title("evidence by entity", fontsize=8, loc="left")
    ax.legend(fontsize=7, loc="upper left")


def _series(played: Played) -> list[SeenSeries]:
    """The strongest series of the entity that opened, as they were then."""
    for tick in played.ticks:
        opening = tick.observation.opening
        if opening:
            seen = (e for e in tick.observation.entities if e.name == opening.entity)
            return [one for entity in seen for one in entity.series][:SERIES]
    return []


def _curve(ax: Axes, played: Played, one: SeenSeries) -> None:
    batch = played.batch
    row = next(
        n
        for n, (labels, derivation) in enumerate(zip(batch.labels, batch.derivation, strict=True))
        if labels == one.labels and derivation == one.derivation
    )
    begin = played.ticks[0].row
    at = (np.arange(begin, batch.values.shape[1]) - played.split) / TICK_ROWS
    ax.plot(at, batch.values[row, begin:], color=_LINE, linewidth=0.8)
    ax.set_title(f"{one.labels.get('__name__', '')} {one.derivation}", fontsize=8, loc="left")
    _marks(ax, played)


def _marks(ax: Axes, played: Played) -> None:
    ax.axvline(0, color=_FAULT, linestyle=":", linewidth=0.9)
    for tick in played.ticks:
        at = (tick.row - played.split) / TICK_ROWS
        if tick.observation.opening:
            ax.axvline(at, color=_OPENED, linewidth=0.9)
        if tick.observation.over:
            ax.axvline(at, color=_OVER, linewidth=0.9)
    ax.tick_params(labelsize=7)


if __name__ == "__main__":
    main()
