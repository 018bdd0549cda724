"""Samples out of the JSON of a query's answer (`resultType: matrix`), as flat arrays.

Source: Prometheus documentation, "HTTP API", "Range vectors" and "Native histograms".
"""

from collections import Counter
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np

from patternwatch.cortex.metadata import Types, type_of
from patternwatch.cortex.native_histograms import NativeSeries, series_of_json, with_native
from patternwatch.cortex.raw import RawSeries, ragged

NATIVE_HISTOGRAM = "native histogram"


def matrix_series(result: list[dict[str, Any]], types: Types, step_ms: int = 0) -> RawSeries:
    """The series of a matrix, those of native histograms as `with_native` tells of them.

    step_ms  of several native histograms of a series within a step the last counts

    Raises KeyError, TypeError or ValueError where the result is no matrix.
    """
    if any("value" in r for r in result):
        raise ValueError("a vector where a matrix was asked for")
    plain = [r for r in result if r.get("values")]
    labels = [dict(r["metric"]) for r in plain]
    pairs = [r["values"] for r in plain]
    sizes = [len(p) for p in pairs]
    ends = np.cumsum(sizes, dtype=np.int64)[:-1]
    flat = list(chain.from_iterable(pairs))
    seconds = np.fromiter((t for t, _ in flat), np.float64, len(flat))
    values = np.fromiter((float(v) for _, v in flat), np.float64, len(flat))
    stamps = np.rint(seconds * 1000).astype(np.int64)
    falls = np.diff(stamps) < 0
    falls[ends - 1] = False
    if falls.any():  # a proxy has joined the answers of several servers
        order = np.lexsort((stamps, np.repeat(np.arange(len(pairs)), sizes)))
        stamps, values = stamps[order], values[order]
    raw = ragged(
        labels,
        [type_of(each.get("__name__", ""), types) for each in labels],
        np.split(stamps, ends) if pairs else [],
        np.split(values, ends) if pairs else [],
    )
    return with_native(raw, native_series(result, step_ms))


def native_series(result: list[dict[str, Any]], step_ms: int) -> list[NativeSeries]:
    """The native histograms of a matrix alone; raises as `matrix_series` does."""
    return [
        series_of_json(dict(r["metric"]), r["histograms"], step_ms) for r in result if r.get("histograms")
    ]


def vector_counts(result: list[dict[str, Any]], label: str) -> Mapping[str, int]:
    """Counts by one label out of a `count by (label)`; without the label, the empty value.

    Raises KeyError, TypeError or ValueError where the result is no such vector.
    """
    return {r["metric"].get(label, ""): int(float(r["value"][1])) for r in result}


def lengths_by(result: list[dict[str, Any]], label: str) -> Mapping[str, int]:
    """Series of a plain vector by one label; without the label, the empty value.

    Raises KeyError, TypeError or AttributeError where the result is no vector.

    >>> lengths_by([{"metric": {"job": "a"}}, {"metric": {"job": "a", "pod": "b"}}, {"metric": {}}], "job")
    Counter({'a': 2, '': 1})
    """
    return Counter(r["metric"].get(label, "") for r in result)
