"""Series that recording rules made of others: the same thing told again, never the cause.

Prometheus reserves colons in metric names for recording rules ("Metric names and labels", "Recording rules"):
`job:http_errors:rate5m` repeats `http_errors_total`, often without the labels that name a service.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from patternwatch.analysis.series.near_duplicates import correlation
from patternwatch.contracts.series import Labels, Matrix

MIN_CORRELATION = 0.9
"""Absolute correlation from which a recorded series repeats a raw one; judgement. It is lower than between
near-duplicates, since a rule may sum up several series of which one moved."""
_WIDTHS = (1, 2, 4, 10, 20)
"""Rows over which a rule may have averaged: up to `rate[10m]` of rows of 30 s."""


def is_recorded(labels: Labels) -> bool:
    """Whether a recording rule made this series, by its name.

    >>> is_recorded({"__name__": "job:http_errors:rate5m"}), is_recorded({"__name__": "http_errors_total"})
    (True, False)

    Some programs use colons in names of their own (vLLM, SGLang). A rule's `level` says which labels it left
    (the same page): a name of one colon, with an `instance` that its level does not speak of, was scraped.

    >>> scraped = {"__name__": "vllm:num_requests_waiting", "job": "llm", "instance": "10.0.3.4:8000"}
    >>> is_recorded(scraped), is_recorded({**scraped, "__name__": "instance:node_load"})
    (False, True)
    """
    level, *rest = labels.get("__name__", "").split(":")
    is_rule_of_it = not level or "instance" in level or level in labels
    return bool(rest) and (len(rest) > 1 or is_rule_of_it or not labels.get("instance"))


@dataclass(frozen=True, slots=True)
class Recorded:
    """Which of N series recording rules made.

    rows       their positions
    originals  of those that repeat another one of the N: the position of that one

    >>> Recorded().originals.get(0) is None
    True
    """

    rows: frozenset[int] = frozenset()
    originals: Mapping[int, int] = field(default_factory=dict)


NOTHING_RECORDED = Recorded()


def recorded_among(labels: Sequence[Labels], values: Matrix) -> Recorded:
    """What recording rules made, and for what repeats a raw series the raw one that moves most alike.

    labels  of N series
    values  shape (N, T); NaN is a gap

    A rule averages over a range that ends at its row, so that it lags: it is compared with running means.

    >>> step = np.where(np.arange(300) < 240, 1.0, 9.0)
    >>> wave = np.sin(np.arange(300.0))
    >>> names = ["errors_total", "wave", "job:errors:rate5m", "job:other:rate5m"]
    >>> mean = np.convolve(step, np.full(10, 0.1))[:300]
    >>> values = np.array([step, wave, mean, np.arange(300.0) % 7])
    >>> found = recorded_among([{"__name__": n} for n in names], values)
    >>> sorted(found.rows), found.originals
    ([2, 3], {2: 0})
    """
    recorded = [i for i, own in enumerate(labels) if is_recorded(own)]
    raw = [i for i, own in enumerate(labels) if not is_recorded(own)]
    if not recorded or not raw:
        return Recorded(frozenset(recorded))
    best = np.zeros((len(recorded), len(raw)))
    for width in _WIDTHS:
        if width < values.shape[1]:
            means = _running_mean(values[raw], width)
            np.maximum(best, np.abs(correlation(values[recorded], means)), out=best)
    nearest = best.argmax(axis=1)
    alike = best.max(axis=1) >= MIN_CORRELATION
    originals = {i: raw[nearest[n]] for n, i in enumerate(recorded) if alike[n]}
    return Recorded(frozenset(recorded), originals)


def _running_mean(values: Matrix, width: int) -> Matrix:
    """The mean of each row and the `width` - 1 before it, shape (N, T); NaN where there is no point."""
    there = ~np.isnan(values)
    # About the row's mean, since a running sum of large values would lose the variation in rounding.
    middle = np.nansum(values, axis=1, keepdims=True) / np.maximum(there.sum(axis=1, keepdims=True), 1)
    sums = np.cumsum(np.where(there, values - middle, 0.0), axis=1)
    counts = np.cumsum(there, axis=1, dtype=np.float64)
    sums[:, width:] = sums[:, width:] - sums[:, :-width]
    counts[:, width:] = counts[:, width:] - counts[:, :-width]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(counts > 0, middle + sums / counts, np.nan))
