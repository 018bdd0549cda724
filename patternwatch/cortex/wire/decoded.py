"""What both kinds of remote read answers are decoded into: label spans first, then ragged arrays."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from patternwatch.compiled import Bytes, Flags, Floats, Integer, Integers, Words, kernel
from patternwatch.cortex.native_histograms import NativeSeries
from patternwatch.cortex.raw import STALE_NAN
from patternwatch.cortex.wire.known_labels import LabelMemory
from patternwatch.cortex.wire.labels import Key, Pair, Spans, ascends, read_labels
from patternwatch.cortex.wire.walk import NO_ROOM, checked, reason_of

_STALE = np.uint64(STALE_NAN)


@dataclass(frozen=True, slots=True)
class Decoded:
    """N series in the order of their labels; series i owns `timestamps[offsets[i]:offsets[i + 1]]`.

    labels      N label sets, no two the same
    offsets     int64, shape (N + 1,); every series has a sample
    timestamps  int64 ms, strictly ascending within a series
    values      float64; stale markers are already left out
    histograms  how many series more there are that hold native histograms only
    metrics     names of the metrics that have series with native histograms, ascending
    native      these histograms, where the answer is of the kind that is read for them
    """

    labels: list[dict[str, str]]
    offsets: Integers
    timestamps: Integers
    values: Floats
    histograms: int = 0
    metrics: tuple[str, ...] = ()
    native: tuple[NativeSeries, ...] = ()

    @property
    def untold(self) -> tuple[str, ...]:
        """Metrics with native histograms of which none is here."""
        told = {one.labels.get("__name__", "") for one in self.native}
        return tuple(name for name in self.metrics if name not in told)


class Arrays(NamedTuple):
    """What a kernel fills: label k is `data[starts[k]:stops[k]]`.

    labels      series i owns the labels from `labels[i]` on
    native      whether the series has native histograms
    offsets     series i owns the samples from `offsets[i]` on
    timestamps  int64 ms
    bits        the values' bits
    """

    labels: Integers
    starts: Integers
    stops: Integers
    native: Flags
    offsets: Integers
    timestamps: Integers
    bits: Words


class Room(NamedTuple):
    """How many series, labels and samples there is room for."""

    series: int
    labels: int
    samples: int


Fill: TypeAlias = Callable[[Bytes, Arrays, Integers, int, int], Integer]


class NoRoomError(Exception):
    """There is more in the answer than there is room for."""


def decode(
    data: Bytes, fill: Fill, room: Room, start_ms: int, end_ms: int, memory: LabelMemory | None = None
) -> Decoded:
    """Let a kernel fill arrays of that size with what it finds, and make series of it.

    memory  of the labels of the same selection's answer before
    fill  (data, arrays, filled, start_ms, end_ms) returns a negative number where the bytes are unsound or
          there is no room; the arrays are label offsets, starts, stops, `native` (the series has native
          histograms), offsets, timestamps and values' bits; `filled` counts series, labels, samples, and
          samples that are not later than the one before; `close_series` keeps both
    Raises DecodeError and NoRoomError.
    """
    block = np.empty((2, room.samples), np.int64)
    times, bits = block[0], block[1].view(np.uint64)
    spans, offsets = Spans.empty(room.series, room.labels), np.zeros(room.series + 1, np.int64)
    arrays = Arrays(spans.offsets, spans.starts, spans.stops, spans.native, offsets, times, bits)
    filled = np.zeros(4, np.int64)
    status = fill(data, arrays, filled, start_ms, end_ms)
    if status < 0 and reason_of(status) == NO_ROOM:
        raise NoRoomError
    checked(status)
    series, labels, samples, falls = filled.tolist()
    times, values = times[:samples], bits[:samples].view(np.float64)
    spans, offsets = spans.first(series, labels), offsets[: series + 1]
    return assemble(data, spans, offsets, times, values, falls == 0, memory)


@kernel
def close_series(arrays: Arrays, filled: Integers, labels: Integer, samples: Integer) -> None:
    """The series under way ends with so many labels and samples filled in all."""
    times = arrays.timestamps[filled[2] : samples]
    falls = 0  # counted without a branch, and from 1 on, so that the loop is vectorised
    for k in range(1, len(times)):
        falls += times[k] <= times[k - 1]
    series = filled[0] + 1
    arrays.labels[series], arrays.offsets[series] = labels, samples
    filled[0], filled[1], filled[2] = series, labels, samples
    filled[3] += falls


@kernel(inline="always")
def is_kept(time: Integer, value: np.uint64, start_ms: Integer, end_ms: Integer) -> bool:
    """Whether a sample lies in the window and is no stale marker; without a branch."""
    return bool((start_ms <= time) & (time <= end_ms) & (value != _STALE))


def assemble(
    data: Bytes,
    spans: Spans,
    offsets: Integers,
    timestamps: Integers,
    values: Floats,
    are_ascending: bool,
    memory: LabelMemory | None = None,
) -> Decoded:
    """Read the labels and put series and samples into order, without copying where they already are.

    Series without a sample are dropped, series of the same labels joined, and of several samples with
    the same time the first is kept.
    """
    sizes = np.diff(offsets)
    shown = np.flatnonzero(sizes)
    shown_offsets = offsets[np.concatenate([[0], shown + 1])]
    has_native = bool(spans.native.any())
    if memory is not None and are_ascending and not has_native:
        known = memory.read(data, spans, shown)
        if known is not None:
            return Decoded(known, shown_offsets, timestamps, values)
    pairs, keys = read_labels(data, spans)
    names = {value for i in np.flatnonzero(spans.native) for k in keys[i] for name, value in [pairs[k]]
             if name == "__name__"}  # fmt: skip
    native = {keys[i] for i in np.flatnonzero(spans.native)}.difference(keys[i] for i in shown.tolist())
    own = keys if len(shown) == len(keys) else [keys[i] for i in shown.tolist()]
    if are_ascending and all(a < b for a, b in itertools.pairwise(own)):
        labels = _label_sets(pairs, own)
        if memory is not None and not has_native:
            memory.keep(data, spans, shown, labels)
        return Decoded(labels, shown_offsets, timestamps, values, len(native), tuple(sorted(names)))
    order = sorted(shown.tolist(), key=keys.__getitem__)
    firsts = [k for k, i in enumerate(order) if k == 0 or keys[i] != keys[order[k - 1]]]
    taken = np.array(order, dtype=np.int64)
    timestamps, values = _gather(timestamps, values, offsets, taken)
    offsets = np.concatenate([[0], np.cumsum(sizes[taken])])
    if len(firsts) < len(order):
        offsets = offsets[[*firsts, len(order)]]
    if not ascends(timestamps, offsets):
        offsets = _sort(timestamps, values, offsets)
        timestamps, values = timestamps[: offsets[-1]], values[: offsets[-1]]
    labels = _label_sets(pairs, [keys[order[k]] for k in firsts])
    return Decoded(labels, offsets, timestamps, values, len(native), tuple(sorted(names)))


def _label_sets(pairs: list[Pair], keys: list[Key]) -> list[dict[str, str]]:
    names, values = [name for name, _ in pairs], [value for _, value in pairs]
    return [{names[k]: values[k] for k in key} for key in keys]


@kernel
def _gather(
    timestamps: Integers, values: Floats, offsets: Integers, order: Integers
) -> tuple[Integers, Floats]:
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


@kernel
def _sort(timestamps: Integers, values: Floats, offsets: Integers) -> Integers:
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
