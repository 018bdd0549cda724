"""Labels out of an answer: each distinct one is decoded once, however many series carry it.

A thousand series of one service share most of their labels, byte for byte; comparing bytes in compiled
code is some twenty times as fast as making strings of them.
"""

import itertools
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Bytes, Integer, Integers, kernel
from patternwatch.contracts.errors import DecodeError
from patternwatch.cortex.wire.byte_spans import are_equal, hash_of
from patternwatch.cortex.wire.walk import LENGTH, checked, read_field

Pair: TypeAlias = tuple[str, str]
Key: TypeAlias = tuple[int, ...]
"""Numbers of a series' pairs: a tuple, since garbage collections walk every list that there is."""

_NAME, _VALUE = 1 << 3 | LENGTH, 2 << 3 | LENGTH


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
        """Room for so many, of any content but for the first offset."""
        offsets = np.empty(series + 1, np.int64)
        offsets[0] = 0
        starts, stops = np.empty(labels, np.int64), np.empty(labels, np.int64)
        return cls(offsets, starts, stops, np.empty(series, np.bool_))

    def first(self, series: int, labels: int) -> "Spans":
        """The first so many."""
        return Spans(
            self.offsets[: series + 1], self.starts[:labels], self.stops[:labels], self.native[:series]
        )


def read_labels(data: npt.NDArray[np.uint8], spans: Spans) -> tuple[list[Pair], list[Key]]:
    """All distinct pairs (name, value) in their order, and for each series the numbers of its own.

    The numbers ascend, so that series compare as their sorted labels do. Raises DecodeError.
    """
    numbers = np.empty(len(spans.starts), np.int64)
    firsts = np.empty(len(spans.starts), np.int64)
    width = max(len(spans.starts) // max(len(spans.native), 1), 1)
    distinct = _number(data, spans.starts, spans.stops, width, numbers, firsts)
    where = zip(
        spans.starts[firsts[:distinct]].tolist(), spans.stops[firsts[:distinct]].tolist(), strict=True
    )
    found = [read_label(data, start, stop) for start, stop in where]
    pairs = sorted(set(found))
    ranks = {pair: rank for rank, pair in enumerate(pairs)}
    ranked = np.array([ranks[pair] for pair in found], np.int64)[numbers]
    is_sorted = ascends(ranked, spans.offsets)
    numbered = tuple(ranked.tolist())
    series = [numbered[a:b] for a, b in itertools.pairwise(spans.offsets.tolist())]
    return pairs, series if is_sorted else [tuple(sorted(each)) for each in series]


def read_label(data: npt.NDArray[np.uint8], at: int, end: int) -> Pair:
    """Name and value of the prometheus.Label at data[at:end]; raises DecodeError."""
    raw = data[at:end].tobytes()
    try:
        # the way that every server writes it: name and value, shorter than 128 bytes
        size = raw[1]
        if raw[0] == _NAME and raw[size + 2] == _VALUE and len(raw) == size + 4 + raw[size + 3] < 128:
            return raw[2 : size + 2].decode(), raw[size + 4 :].decode()
    except (IndexError, UnicodeDecodeError):
        pass  # said more precisely by the long way
    name = value = ""
    while at < end:
        tag, start, stop = read_field(data, at, end)
        at = checked(stop)
        if tag in (_NAME, _VALUE):
            try:
                text = data[start:stop].tobytes().decode()
            except UnicodeDecodeError as error:
                raise DecodeError("A label is not UTF-8", int(start) + error.start) from error
            name, value = (text, value) if tag == _NAME else (name, text)
    return name, value


@kernel
def ascends(numbers: Integers, offsets: Integers) -> bool:
    """Whether the numbers ascend strictly within each series."""
    for i in range(len(offsets) - 1):
        own = numbers[offsets[i] : offsets[i + 1]]
        falls = 0  # counted rather than left at the first: without a branch the loop is vectorised
        for k in range(1, len(own)):
            falls += own[k] <= own[k - 1]
        if falls:
            return False
    return True


@kernel
def _number(
    data: Bytes, starts: Integers, stops: Integers, width: Integer, numbers: Integers, firsts: Integers
) -> Integer:
    """Give equal spans equal numbers, from 0 on; `firsts[n]` is the first span with number n.

    width  how many labels a series has, about
    Returns how many there are. A hash table with open addressing, never more than half full.
    """
    size = 16
    while size < 2 * len(starts):
        size *= 2
    table = np.full(size, -1, np.int64)
    distinct = 0
    for k in range(len(starts)):
        # Most labels stand in the series before as well, at the same place.
        if k >= width and are_equal(data, starts[k], stops[k], data, starts[k - width], stops[k - width]):
            numbers[k] = numbers[k - width]
            continue
        slot = hash_of(data, starts[k], stops[k]) & (size - 1)
        while table[slot] >= 0:
            other = firsts[table[slot]]
            if are_equal(data, starts[k], stops[k], data, starts[other], stops[other]):
                break
            slot = (slot + 1) & (size - 1)
        if table[slot] < 0:
            table[slot] = distinct
            firsts[distinct] = k
            distinct += 1
        numbers[k] = table[slot]
    return distinct
