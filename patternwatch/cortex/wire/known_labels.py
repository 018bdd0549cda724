"""Label sets of the answer before: who asks again for the same series gets the same bytes of labels.

Comparing bytes in compiled code is some twenty times as fast as making strings and dicts of them.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from patternwatch.compiled import Bytes, Integer, Integers, kernel
from patternwatch.cortex.wire.byte_spans import are_equal, hash_of
from patternwatch.cortex.wire.labels import Spans, read_label

LabelSets = list[dict[str, str]]
_NEW = -1
_MAX_NEW_PART = 8
"""Where more than an eighth of the series are new, all labels are read together, which is faster."""


@dataclass(frozen=True, slots=True)
class _Known:
    """N label sets in their order; those of series i stood in `data[starts[i]:stops[i]]`.

    firsts  how long the first label of each is, which its bytes do not tell: they begin behind its size
    table   a hash table of the series by their bytes, with open addressing; -1 where it is empty
    """

    labels: LabelSets
    data: Bytes
    starts: Integers
    stops: Integers
    firsts: Integers
    table: Integers


class LabelMemory:
    """What one selection's labels were in the answer before; threads may share it."""

    def __init__(self) -> None:
        self._known: _Known | None = None

    @property
    def size(self) -> int:
        """How many bytes of labels are kept."""
        return len(self._known.data) if self._known is not None else 0

    def read(self, data: Bytes, spans: Spans, series: Integers) -> LabelSets | None:
        """The label sets of these series; None where they do not ascend, or too many of them are new."""
        known, where = self._known, _ranges(spans, series)
        if known is None or where is None:
            return None
        found = np.empty(len(series), np.int64)
        ascend = _find(data, *where, known.data, known.starts, known.stops, known.firsts, known.table, found)
        new = np.flatnonzero(found == _NEW).tolist()
        if not ascend or _MAX_NEW_PART * len(new) > len(series):
            return None
        if not new and len(found) == len(known.labels):
            return known.labels.copy()
        labels = [known.labels[k] for k in found.tolist()]
        for k in new:
            labels[k] = _label_set(data, spans, int(series[k]))
        if not all(_ascends_about(labels, k) for k in new):
            return None
        if new:
            self.keep(data, spans, series, labels)
        return labels

    def keep(self, data: Bytes, spans: Spans, series: Integers, labels: LabelSets) -> None:
        """Remember the label sets of these series for the next answer."""
        where = _ranges(spans, series)
        if where is None:
            return
        starts, stops, firsts = where
        sizes = stops - starts
        ends = np.cumsum(sizes)
        kept, table = np.empty(int(ends[-1]), np.uint8), np.full(_slots(len(series)), _NEW, np.int64)
        _copy(data, starts, stops, kept)
        kept.flags.writeable = False  # as what it is compared with: one type for all
        _enter(kept, ends - sizes, ends, table)
        self._known = _Known(labels.copy(), kept, ends - sizes, ends, firsts, table)


def _ranges(spans: Spans, series: Integers) -> tuple[Integers, Integers, Integers] | None:
    """Where the labels of each of these series stand, all together, and how long the first one is.

    None where a series has no label. Equal bytes from there on with a first label as long are equal labels:
    what lies between them tells how long the others are.
    """
    first, last = spans.offsets[series], spans.offsets[series + 1] - 1
    if not len(series) or (last < first).any():
        return None
    return spans.starts[first], spans.stops[last], spans.stops[first] - spans.starts[first]


def _slots(series: int) -> int:
    return 1 << max(2 * series - 1, 15).bit_length()


def _label_set(data: Bytes, spans: Spans, i: int) -> dict[str, str]:
    own = range(int(spans.offsets[i]), int(spans.offsets[i + 1]))
    pairs = (read_label(data, int(spans.starts[k]), int(spans.stops[k])) for k in own)
    return dict(sorted(pairs))


def _ascends_about(labels: LabelSets, k: int) -> bool:
    """Whether the label set at k comes after the one before it, and before the one after it."""
    about = [sorted(each.items()) for each in labels[max(k - 1, 0) : k + 2]]
    return all(a < b for a, b in itertools.pairwise(about))


@kernel
def _find(
    data: Bytes,
    starts: Integers,
    stops: Integers,
    firsts: Integers,
    known: Bytes,
    known_starts: Integers,
    known_stops: Integers,
    known_firsts: Integers,
    table: Integers,
    found: Integers,
) -> bool:
    """Which known series each one is, -1 where it is new; whether those that are found ascend.

    Mostly it is the one after the last one that was found.
    """
    ascend, last = True, -1
    for i in range(len(starts)):
        k = last + 1
        is_next = k < len(known_starts) and firsts[i] == known_firsts[k]
        if not is_next or not are_equal(data, starts[i], stops[i], known, known_starts[k], known_stops[k]):
            slot = hash_of(data, starts[i], stops[i]) & (len(table) - 1)
            while table[slot] >= 0:
                k = table[slot]
                is_it = firsts[i] == known_firsts[k]
                if is_it and are_equal(data, starts[i], stops[i], known, known_starts[k], known_stops[k]):
                    break
                slot = (slot + 1) & (len(table) - 1)
            k = table[slot]
        found[i] = k
        if k >= 0:
            ascend &= k > last
            last = k
    return ascend


@kernel
def _copy(data: Bytes, starts: Integers, stops: Integers, copied: Bytes) -> None:
    at: Integer = 0
    for i in range(len(starts)):
        size = stops[i] - starts[i]
        copied[at : at + size] = data[starts[i] : stops[i]]
        at += size


@kernel
def _enter(data: Bytes, starts: Integers, stops: Integers, table: Integers) -> None:
    """Enter each span into the empty hash table, under the number of its series."""
    for i in range(len(starts)):
        slot = hash_of(data, starts[i], stops[i]) & (len(table) - 1)
        while table[slot] >= 0:
            slot = (slot + 1) & (len(table) - 1)
        table[slot] = i
