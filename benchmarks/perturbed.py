"""Recorded incidents as they might have been recorded as well; the cause stays what it is."""

import re
from collections.abc import Callable, Mapping
from itertools import product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.crowd import ar1
from patternwatch.analysis.metrics.categories import CategoryTable
from patternwatch.cortex.bundle import Incident
from patternwatch.cortex.raw import RawSeries, joined, ragged

Recording: TypeAlias = tuple[Incident, RawSeries]
Perturbation: TypeAlias = Callable[[Incident, RawSeries, np.random.Generator], Recording]
Samples: TypeAlias = tuple[dict[str, str], npt.NDArray[np.int64], npt.NDArray[np.float64]]
"""Labels, times and values of one series."""

_DROPPED = 0.2
_SHIFT_ROWS = 2
_CROWD = ("cpu_usage", "memory_bytes", "latency_seconds", "queue_length", "success_ratio")
_NAMING = ("service", "deployment", "statefulset", "app", "job")
_WORD = re.compile(r"(?<![A-Za-z])[A-Za-z]{2,}(?![A-Za-z])")
_MEANING = re.compile(
    "kube|node|exporter|prometheus|metrics|dns|nginx|postgres|mysql|mongo|redis|memcached|elastic|dynamo|kafka"
    "|rabbit|db|database|queue|aws|lambda|function|table|ecs|client|remote|canary|primary|blue|green",
    re.IGNORECASE,
)
"""Words that say what something is, not what it is called: products, tracks, ends of a call."""


def dropped(incident: Incident, series: RawSeries, rng: np.random.Generator) -> Recording:
    """A fifth of the series is not there."""
    kept = rng.random(len(series)) >= _DROPPED
    true = incident.truth.services if incident.truth else []
    of_cause = np.array([any(s in v for s in true for v in own.values()) for own in series.labels])
    return incident, _rewritten(series, lambda own: own, kept if (kept & of_cause).any() else kept | of_cause)


def moved(rows: int) -> Perturbation:
    """The alert comes so many rows later."""

    def later(incident: Incident, series: RawSeries, rng: np.random.Generator) -> Recording:
        return incident.model_copy(update={"at_ms": incident.at_ms + rows * incident.step_ms}), series

    return later


def renamed(incident: Incident, series: RawSeries, rng: np.random.Generator) -> Recording:
    """Every word of a service's name is another one, in all labels but the metric's name."""
    told = {own[label] for own in series.labels for label in _NAMING if label in own}
    words = sorted({word for name in told for word in _WORD.findall(name) if not _MEANING.search(word)})
    letters = list("abcdefghijklmnopqrstuvwxyz")
    other = {word: "".join(rng.choice(letters, len(word) + 2)) for word in words}

    def name(value: str) -> str:
        return _WORD.sub(lambda found: other.get(found[0], found[0]), value)

    def relabelled(samples: Samples) -> Samples:
        own, times, values = samples
        return {k: v if k == "__name__" else name(v) for k, v in own.items()}, times, values

    truth = incident.truth and incident.truth.model_copy(
        update={"services": [name(service) for service in incident.truth.services]}
    )
    return incident.model_copy(update={"truth": truth}), _rewritten(series, relabelled)


def coarser(incident: Incident, series: RawSeries, rng: np.random.Generator) -> Recording:
    """Rows are twice as long."""
    thinned = _rewritten(series, lambda samples: (samples[0], samples[1][::2], samples[2][::2]))
    return incident.model_copy(update={"step_ms": 2 * incident.step_ms}), thinned


def crowded(incident: Incident, series: RawSeries, rng: np.random.Generator) -> Recording:
    """Others stand beside it that do what they always do."""
    times = np.arange(incident.start_ms, incident.end_ms + 1, incident.step_ms)
    labels, values = [], []
    for metric, number in product(_CROWD, range(4)):
        noise = ar1(rng, 50, len(times), rng.uniform(0.0, 0.95)) / 3
        values += list(1 / (1 + np.exp(-3 - noise)) if metric == "success_ratio" else np.exp(3 + noise))
        labels += [{"__name__": f"{metric}_{number}", "service": f"aside{s}"} for s in range(50)]
    return incident, joined([series, ragged(labels, ["gauge"] * len(labels), [times] * len(labels), values)])


def rescaled(incident: Incident, series: RawSeries, rng: np.random.Generator) -> Recording:
    """Gauges, sums and bounds of buckets of a latency are a thousand times as large."""
    table = CategoryTable()

    def in_thousandths(samples: Samples) -> Samples:
        own, times, values = samples
        name = own["__name__"]
        derived = "p99" if name.endswith(("_bucket", "_sum")) else ""
        if table.category_of(own, derived) != "latency" or name.endswith("_count"):
            return samples
        if own.get("le", "+Inf") != "+Inf":
            return own | {"le": str(1000 * float(own["le"]))}, times, values
        return own, times, values if "le" in own else 1000 * values

    return incident, _rewritten(series, in_thousandths)


PERTURBATIONS: Mapping[str, Perturbation] = {
    "dropped": dropped,
    "sooner": moved(-_SHIFT_ROWS),
    "later": moved(_SHIFT_ROWS),
    "renamed": renamed,
    "coarser": coarser,
    "crowded": crowded,
    "rescaled": rescaled,
}
BY_CHANCE = frozenset(("dropped", "renamed", "crowded"))
"""Those that differ from one seed to the next."""


def _rewritten(
    series: RawSeries, change: Callable[[Samples], Samples], kept: npt.NDArray[np.bool_] | None = None
) -> RawSeries:
    """Each series (that is kept) as the change makes it."""
    chosen = range(len(series)) if kept is None else np.flatnonzero(kept).tolist()
    cut = [slice(series.offsets[i], series.offsets[i + 1]) for i in chosen]
    made = [
        change((series.labels[i], series.timestamps[s], series.values[s]))
        for i, s in zip(chosen, cut, strict=True)
    ]
    labels, times, values = (list(part) for part in zip(*made, strict=True))
    return ragged(labels, [series.types[i] for i in chosen], times, values)
