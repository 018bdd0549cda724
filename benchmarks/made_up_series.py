"""Made-up series of a hundred targets: the same in every run, for whatever server is filled with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Values: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]

PER_METRIC = 100
"""Series of one metric name."""
CHANGED_JOB = "shop-3"
_CHANGED = range(3, PER_METRIC, 35)
"""Targets of that job whose series step up, where any do: three in a hundred."""


@dataclass(frozen=True)
class MadeUp:
    """One series: its labels with the metric's name first, `counter` or `gauge`, and a value a point."""

    labels: dict[str, str]
    kind: str
    values: Values


def made_up(series: int, points: int, changed_from: int | None) -> Iterator[MadeUp]:
    """Counters, noisy gauges and gauges that seldom move, in equal parts, metric by metric.

    changed_from  the point from which the series of a few targets of CHANGED_JOB step up; by default none do.
                  Then no gauges seldom move: of thousands, many leave a flat line at any moment by chance
    """
    kinds = 3 if changed_from is None else 2
    rng = np.random.default_rng(7)
    for first in range(0, series, PER_METRIC):
        number = first // PER_METRIC
        kind, name = ("counter", "gauge", "gauge")[number % kinds], f"bench_metric_{number:04d}"
        name += "_total" if kind == "counter" else ""
        for i in range(min(PER_METRIC, series - first)):
            labels = {
                "__name__": name,
                "cluster": "bench",
                "instance": f"10.1.{i // 16}.{i}:9100",
                "job": f"shop-{i % 7}",
                "namespace": "prod",
                "pod": f"cart-{i:04x}",
            }
            values = _values(number % kinds, points, rng)
            if changed_from is not None and i in _CHANGED:
                _step_up(values, kind, changed_from)
            yield MadeUp(labels, kind, values)


def _values(kind: int, points: int, rng: np.random.Generator) -> Values:
    if kind == 0:
        return rng.poisson(rng.uniform(0, 300), points).cumsum().astype(np.float64)
    if kind == 1:
        return np.asarray(np.round(rng.normal(rng.uniform(1, 500), 10.0, points), 3))
    return np.asarray((rng.random(points) < 0.02).cumsum() * 1048576.0)


def _step_up(values: Values, kind: str, first: int) -> None:
    """From this point on a counter grows at four times its rate, a gauge lies far above its highest."""
    if kind == "counter":
        values[first:] += 3 * (values[first:] - values[first - 1])
    else:
        values[first:] += 100.0 + values[:first].max()
