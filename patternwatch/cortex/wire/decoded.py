"""What both kinds of remote read answers are decoded into: label spans first, then ragged arrays."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numba
import numpy as np
import numpy.typing as npt

from patternwatch.contracts.errors import DecodeError
from patternwatch.cortex.wire.walk import LENGTH, checked, read_field

Integers: TypeAlias = npt.NDArray[np.int64]
Pair: TypeAlias = tuple[str, str]

_NAME, _VALUE = 1 << 3 | LENGTH, 2 << 3 | LENGTH


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


@dataclass(frozen=True, slots=True)
class Spans:
    """Where the labels of N series stand: label k is `data[starts[k]:stops[k]]`, a prometheus.Label.

    Series i owns the labels `offsets[i]` to `offsets[i + 1]`; `native[i]`: it has native histograms.
    """

    offsets: Integers
    starts: Integers
    stops: Integers
    native: npt.NDArray[np.bool_]

    @classmethod
    def empty(cls, series: int, labels: int) -> "Spans":
        """Room for so many."""
        starts, stops = np.zeros(labels, np.int64), np.zeros(labels, np.int64)
        return cls(np.zeros(series + 1, np.int64), starts, stops, np.zeros(series, np.bool_))


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
    times, values = np.empty(samples, np.int64), np.empty(samples, np.float64)
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
    labels = list(_read_labels(data, spans))
    sizes = np.diff(offsets)
    order = sorted(np.flatnonzero(sizes).tolist(), key=labels.__getitem__)
    native = {tuple(labels[i]) for i in np.flatnonzero(spans.native)}
    if native:
        native -= {tuple(labels[i]) for i in order}
    firsts = [k for k, i in enumerate(order) if k == 0 or labels[i] != labels[order[k - 1]]]
    if len(order) < len(labels) or order != list(range(len(order))):
        taken = np.array(order, dtype=np.int64)
        timestamps, values = _gather(timestamps, values, offsets, taken)
        offsets = np.concatenate([[0], np.cumsum(sizes[taken])])
    if len(firsts) < len(order):
        offsets = offsets[[*firsts, len(order)]]
    if not _ascends(timestamps, offsets):
        timestamps, values = timestamps.copy(), values.copy()
        offsets = _sort(timestamps, values, offsets)
        timestamps, values = timestamps[: offsets[-1]], values[: offsets[-1]]
    return Decoded([dict(labels[order[k]]) for k in firsts], offsets, timestamps, values, len(native))


def _read_labels(data: npt.NDArray[np.uint8], spans: Spans) -> Iterator[list[Pair]]:
    """The labels of each series, by name; a label that was seen before is not decoded again."""
    view = data.data
    known: dict[bytes, Pair] = {}
    starts, stops, offsets = spans.starts.tolist(), spans.stops.tolist(), spans.offsets.tolist()
    for first, last in itertools.pairwise(offsets):
        labels = []
        for start, stop in zip(starts[first:last], stops[first:last], strict=True):
            raw = view[start:stop].tobytes()
            pair = known.get(raw)
            if pair is None:
                pair = known[raw] = _read_label(data, start, stop)
            labels.append(pair)
        labels.sort()
        yield labels


def _read_label(data: npt.NDArray[np.uint8], at: int, end: int) -> Pair:
    name = value = ""
    while at < end:
        tag, start, stop = read_field(data, at, end)
        at = checked(stop)
        if tag in (_NAME, _VALUE):
            try:
                text = data[start:stop].tobytes().decode()
            except UnicodeDecodeError as error:
                raise DecodeError("A label is not UTF-8", start + error.start) from error
            name, value = (text, value) if tag == _NAME else (name, text)
    return name, value


@numba.njit(cache=True, nogil=True)
def _gather(timestamps, values, offsets, order):  # type: ignore[no-untyped-def]
    """The samples of the series in `order`, one series behind the other."""
    size = 0
    for i in order:
        size += offsets[i + 1] - offsets[i]
    times, points = np.empty(size, np.int64), np.empty(size, np.float64)
    at = 0
    for i in order:
        first, last = offsets[i], offsets[i + 1]
        times[at : at + last - first] = timestamps[first:last]
        points[at : at + last - first] = values[first:last]
        at += last - first
    return times, points


@numba.njit(cache=True, nogil=True)
def _ascends(timestamps, offsets):  # type: ignore[no-untyped-def]
    for i in range(len(offsets) - 1):
        for k in range(offsets[i] + 1, offsets[i + 1]):
            if timestamps[k] <= timestamps[k - 1]:
                return False
    return True


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
