"""What both kinds of remote read answers are decoded into: label spans first, then ragged arrays."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from patternwatch.cortex.wire.labels import Integers, Spans, ascends, read_labels
from patternwatch.cortex.wire.walk import checked


@dataclass(frozen=True, slots=True)
class Decoded:
    """N series in the order of their labels; series i owns `timestamps[offsets[i]:offsets[i + 1]]`.

    labels      N label sets, no two the same
    offsets     int64, shape (N + 1,); every series has a sample
    timestamps  int64 ms, strictly ascending within a series
    values      float64; stale markers are already left out
    histograms  how many series more there are that hold native histograms only
    """

    labels: list[dict[str, str]]
    offsets: Integers
    timestamps: Integers
    values: npt.NDArray[np.float64]
    histograms: int = 0


def decode(
    data: npt.NDArray[np.uint8],
    count: Callable[..., int],
    fill: Callable[..., int],
    start_ms: int,
    end_ms: int,
) -> Decoded:
    """Run a decoder's two passes: `count` what there is, then `fill` arrays of that size.

    count  (data, counts) adds series, labels and samples, shape (3,), int64
    fill   (data, label offsets, starts, stops, native, offsets, timestamps, values' bits, start_ms, end_ms)
           where `native` marks the series that have native histograms
    Both return a negative number where the bytes are unsound, `fill` else how many samples it kept.
    """
    counts = np.zeros(3, np.int64)
    checked(count(data, counts))
    series, labels, samples = counts.tolist()
    spans = Spans.empty(series, labels)
    offsets = np.zeros(series + 1, np.int64)
    # One block for both: from 4 MB on numpy asks for huge pages, whose first touch costs a fraction.
    block = np.empty((2, samples), np.int64)
    times, values = block[0], block[1].view(np.float64)
    head = (spans.offsets, spans.starts, spans.stops, spans.native)
    kept = checked(fill(data, *head, offsets, times, values.view(np.uint64), start_ms, end_ms))
    return assemble(data, spans, offsets, times[:kept], values[:kept])


def assemble(
    data: npt.NDArray[np.uint8],
    spans: Spans,
    offsets: Integers,
    timestamps: Integers,
    values: npt.NDArray[np.float64],
) -> Decoded:
    """Read the labels and put series and samples into order, without copying where they already are.

    Series without a sample are dropped, series of the same labels joined, and of several samples with
    the same time the first is kept.
    """
    pairs, keys = read_labels(data, spans)
    sizes = np.diff(offsets)
    if sizes.all() and all(a < b for a, b in itertools.pairwise(keys)) and ascends(timestamps, offsets):
        labels = [dict([pairs[n] for n in key]) for key in keys]
        return Decoded(labels, offsets, timestamps, values)
    order = sorted(np.flatnonzero(sizes).tolist(), key=keys.__getitem__)
    native = {tuple(keys[i]) for i in np.flatnonzero(spans.native)} - {tuple(keys[i]) for i in order}
    firsts = [k for k, i in enumerate(order) if k == 0 or keys[i] != keys[order[k - 1]]]
    taken = np.array(order, dtype=np.int64)
    timestamps, values = _gather(timestamps, values, offsets, taken)
    offsets = np.concatenate([[0], np.cumsum(sizes[taken])])
    if len(firsts) < len(order):
        offsets = offsets[[*firsts, len(order)]]
    if not ascends(timestamps, offsets):
        offsets = _sort(timestamps, values, offsets)
        timestamps, values = timestamps[: offsets[-1]], values[: offsets[-1]]
    labels = [dict([pairs[n] for n in keys[order[k]]]) for k in firsts]
    return Decoded(labels, offsets, timestamps, values, len(native))


@numba.njit(cache=True, nogil=True)
def _gather(timestamps, values, offsets, order):  # type: ignore[no-untyped-def]
    """The samples of the series in `order`, one series behind the other."""
    size = 0
    for i in order:
        size += offsets[i + 1] - offsets[i]
    block = np.empty((2, size), np.int64)
    times, points = block[0], block[1].view(np.float64)
    at = 0
    for i in order:
        first, last = offsets[i], offsets[i + 1]
        times[at : at + last - first] = timestamps[first:last]
        points[at : at + last - first] = values[first:last]
        at += last - first
    return times, points


@numba.njit(cache=True, nogil=True)
def _sort(timestamps, values, offsets):  # type: ignore[no-untyped-def]
    """Bring each series into the order of time in place, without repeated times; the new offsets."""
    result = np.zeros_like(offsets)
    kept = 0
    for i in range(len(offsets) - 1):
        times = timestamps[offsets[i] : offsets[i + 1]].copy()
        points = values[offsets[i] : offsets[i + 1]].copy()
        order = np.argsort(times, kind="mergesort")  # stable: the first of equal times stays first
        for k in range(len(order)):
            if k == 0 or times[order[k]] != times[order[k - 1]]:
                timestamps[kept] = times[order[k]]
                values[kept] = points[order[k]]
                kept += 1
        result[i + 1] = kept
    return result
