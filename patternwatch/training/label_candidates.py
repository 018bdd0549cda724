"""Which windows of our recordings to label: about as many of every combination of rough traits.

The choice never looks at what a model calls a window, so that the labels do not lean towards a model.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.features import SCALES, features
from patternwatch.contracts.series import BASELINE_ROWS, Window
from patternwatch.cortex.bundle import read_bundle
from patternwatch.cortex.derive import derive

SEED = 31
ENDS = (-40, 5, 14, 24, 36, 50, 64, 80)
"""Rows after the alert at which windows end."""
SPLITS = (BASELINE_ROWS, BASELINE_ROWS, BASELINE_ROWS, BASELINE_ROWS, 200, 260)
MAX_GAPS = 0.3
MAX_PER_METRIC = 3

Traits: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One window (300,) with its split; `incident` and `metric` tell where it was cut from."""

    values: npt.NDArray[np.float32]
    split: int
    incident: str
    metric: str
    traits: Traits


def candidates(folder: Path) -> Iterator[Candidate]:
    """Windows cut from every recording in `folder` at several ends."""
    rng = np.random.default_rng(SEED)
    for path in sorted(folder.glob("*.parquet")):
        incident, series = read_bundle(path)
        for after in ENDS:
            end = min(incident.at_ms + after * incident.step_ms, incident.end_ms)
            batch = derive(series, Window.ending(end, end, incident.step_ms))
            split = int(rng.choice(SPLITS))
            usable = np.isnan(batch.values).mean(axis=1) <= MAX_GAPS
            moving = np.nanmax(batch.values[usable], axis=1) > np.nanmin(batch.values[usable], axis=1)
            rows = np.flatnonzero(usable)[moving]
            for row, traits in zip(rows, traits_of(batch.values[rows], split), strict=True):
                metric = batch.labels[row].get("__name__", "")
                yield Candidate(batch.values[row].astype(np.float32), split, incident.name, metric, traits)


def traits_of(values: npt.NDArray[Any], split: int) -> list[Traits]:
    """How each window (N, 300) looks, roughly: which way, how far, how often and long, how rough."""
    found = dict(zip(SCALES, features(values, split).scales.T, strict=True))
    up = found["current_max"] >= -found["current_min"]
    reach = np.where(up, found["current_max"], -found["current_min"])
    before = np.where(up, found["baseline_max"], -found["baseline_min"])
    counts = (("runs", (0.5, 1.5, 3.5)), ("longest", (4.5, 12)), ("last", (0.5, 7.5)))
    columns = [
        up,
        np.digitize(reach - before, (-0.1, 0.5, 1.5)),
        *(
            np.digitize(np.expm1(np.where(up, found[f"{name}_high"], found[f"{name}_low"])), edges)
            for name, edges in counts
        ),
        found["roughness_ratio"] > 1,
        found["spread_ratio"] < -1,
    ]
    return [tuple(int(v) for v in row) for row in np.stack(columns, axis=1)]


def choose(found: Sequence[Candidate], count: int) -> list[Candidate]:
    """So many of them, in turn from every combination of traits, few of one metric, in a random order."""
    rng = np.random.default_rng(SEED)
    queues: dict[Traits, list[int]] = {}
    for number in rng.permutation(len(found)).tolist():
        queues.setdefault(found[number].traits, []).append(number)
    taken: list[int] = []
    of_metric: Counter[str] = Counter()
    waiting = [queues[traits] for traits in sorted(queues)]
    while waiting and len(taken) < count:
        for queue in waiting:
            while queue:
                number = queue.pop()
                if of_metric[found[number].metric] < MAX_PER_METRIC:
                    of_metric[found[number].metric] += 1
                    taken.append(number)
                    break
        waiting = [queue for queue in waiting if queue]
    return [found[number] for number in rng.permutation(taken[:count]).tolist()]
