"""Recorded incidents replayed tick by tick: when something opens, and whether its report names the culprit.

The report is the one that the worker makes, asked for by its own function one tick after the opening.

A recording holds two hours of a usual watch before its fault, and a watch whose source holds no more learns
just that.
"""

import asyncio
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.incidents import EVERYTHING, TENANT, judge, load
from benchmarks.output import Result, progress
from benchmarks.watch.felt_by_visitors import felt_row
from benchmarks.watch.replay import TICK_ROWS, Tick
from benchmarks.watch.sharp import NAMED, SOON, place_of
from patternwatch.analysis.report.watched_episode import request_for_episode
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Watch
from patternwatch.cortex.bundle import Incident
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.watch.cluster import ClusterWatch

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "examples" / "incidents", ROOT / "examples" / "incidents_kube")
BEFORE_ROWS = 50
"""Rows before the fault that are judged, not learned: what opens there is false."""
KEPT_ROWS = 10
"""A series without a sample for so many rows is in no batch, as in a tail that is read."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one recording.

    ticks    until something opened, 1 for the tick with the first row that visitors feel (the fault's where
             they feel nothing); 0: nothing did
    place    of the culprit in the report, a tick after it opened; 0: not named
    shown    of the culprit among what the live view shows when it opened, or a tick later; 0: not shown
    opened   how many opened from the fault on
    before   how many opened before it
    what     the entities that opened, in their order
    """

    folder: str
    name: str
    is_control: bool
    ticks: int
    place: int
    shown: int
    opened: int
    before: int
    what: str


def recorded(seen: list[Recorded]) -> tuple[Result, list[Result]]:
    """The figures, and a row each recording."""
    faults = [one for one in seen if not one.is_control]
    n = max(len(faults), 1)
    figures = {
        "recorded_3": sum(0 < one.ticks <= SOON for one in faults) / n,
        "recorded_named_3": sum(0 < one.ticks <= SOON and 0 < one.place <= NAMED for one in faults) / n,
        "recorded_opened": sum(one.opened > 0 for one in faults) / n,
        "recorded_second": sum(one.opened > 1 for one in faults),
        "recorded_false": sum(one.before + one.is_control * one.opened for one in seen),
    }
    rows = [
        {
            "folder": one.folder,
            "recording": one.name,
            "ticks": one.ticks or None,
            "place": one.place or None,
            "shown": one.shown or None,
            "opened": one.opened,
            "before": one.before,
            "what": one.what,
        }
        for one in seen
    ]
    return figures, rows


def replayed(folder: Path, names: tuple[str, ...] = ()) -> Iterator[Recorded]:
    """Every recording of the folder, or those of these names."""
    for path in sorted(folder.glob("*.parquet")):
        if not names or path.stem in names:
            found = replay(path)
            progress(f"{found}")
            yield found


@dataclass(frozen=True, slots=True)
class Played:
    """A recording as always on saw it; its fault begins in row `split`."""

    incident: Incident
    batch: SeriesBatch
    split: int
    ticks: list[Tick]


def play(path: Path) -> Played:
    """One recording: what comes until `BEFORE_ROWS` before its fault is learned, the rest judged."""
    source = BundleSource(path)
    incident, step_ms = source.incident, source.incident.step_ms
    at_ms = incident.at_ms - incident.at_ms % step_ms
    start_ms = incident.start_ms + -incident.start_ms % step_ms
    end_ms = incident.end_ms - incident.end_ms % step_ms
    window = Window(start_ms=start_ms, split_ms=at_ms, end_ms=end_ms, step_ms=step_ms)
    batch = asyncio.run(source.fetch(TENANT, parse_selector(EVERYTHING), window))
    watch = ClusterWatch(AnalysisSettings(step_ms=step_ms), step_ms)
    split = window.split_row
    return Played(incident, batch, split, list(ticks_of(watch, batch, split - BEFORE_ROWS)))


def replay(path: Path) -> Recorded:
    """What became of one recording."""
    played = play(path)
    incident, split, ticks = played.incident, played.split, played.ticks
    services = set(incident.truth.services) if incident.truth else set()
    felt = felt_row(played.batch, split) or split
    first = felt - (felt - split + BEFORE_ROWS) % TICK_ROWS
    opened = [n for n, tick in enumerate(ticks) if tick.observation.opening]
    since = [n for n in opened if ticks[n].row >= split - TICK_ROWS]
    places = [place_of(services, tick) for n in since[:1] for tick in ticks[n : n + 2]]
    return Recorded(
        folder=path.parent.name,
        name=path.stem,
        is_control=not services,
        ticks=max(1, (ticks[since[0]].row - first) // TICK_ROWS + 1) if since else 0,
        place=place_in_report(path, ticks[since[0] :], services) if since else 0,
        shown=min(filter(None, places), default=0),
        opened=len(since),
        before=len(opened) - len(since),
        what=", ".join(o.entity for n in opened if (o := ticks[n].observation.opening)),
    )


def place_in_report(path: Path, ticks: Sequence[Tick], services: Container[str]) -> int:
    """The culprit's place in the report of what the first of these ticks opened; 0 where it is not named."""
    opening, asked = ticks[0].observation.opening, ticks[min(1, len(ticks) - 1)].observation
    assert opening is not None
    case = load(path, path.parent)
    watch = Watch(name="recorded", tenant=TENANT, selector=EVERYTHING)
    episode = Episode(
        tenant=TENANT,
        watch=watch.name,
        cause=opening.entity,
        report_id="recorded",
        opened_ms=ticks[0].observation.at_ms,
        last_seen_ms=asked.at_ms,
        open=True,
        since_ms=opening.since_ms,
        why=opening.why,
    )
    request = request_for_episode(watch, episode, case.settings, asked.at_ms)
    entities = judge(replace(case, request=request)).report.entities
    # An instance is called after the workload, and a workload after its place: `postgres/db-1`.
    parts = [one.entity.split("/") for one in entities]
    return next((n for n, own in enumerate(parts, start=1) if any(p in services for p in own)), 0)


def ticks_of(watch: ClusterWatch, batch: SeriesBatch, learned: int) -> Iterator[Tick]:
    """Learn so many rows, then hand over tick by tick what a tail would hold."""
    there = ~np.isnan(batch.values)
    index = np.flatnonzero(there[:, :learned].any(axis=1))
    watch.learn(_part(batch, index, slice(0, learned)))
    for row in range(learned, batch.values.shape[1] - TICK_ROWS + 1, TICK_ROWS):
        index = np.flatnonzero(there[:, max(0, row - KEPT_ROWS) : row + TICK_ROWS].any(axis=1))
        part = _part(batch, index, slice(row, row + TICK_ROWS))
        yield Tick(row, watch.observe(part, int(part.times[-1])))


def _part(batch: SeriesBatch, index: npt.NDArray[np.intp], rows: slice) -> SeriesBatch:
    labels, derivation = batch.labels, batch.derivation
    values = batch.values[index, rows]
    return SeriesBatch([labels[i] for i in index], batch.times[rows], values, [derivation[i] for i in index])
