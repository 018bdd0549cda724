"""Native histograms out of a SAMPLES answer: a second walk, for answers that hold any.

Ordinary answers are decoded as fast as ever, since the first walk (`samples`) only notes that there are
some.
"""

from collections.abc import Iterator

import numpy as np

from patternwatch.compiled import Bytes, Floats, Integer, Integers, kernel
from patternwatch.cortex.native_histograms import GAUGE, RESET, NativeSeries
from patternwatch.cortex.native_quantiles import CUSTOM, quantiles_of_increase
from patternwatch.cortex.wire.histogram import (
    BOUNDS,
    POSITIVE,
    Facts,
    buckets_of,
    head_of,
    read_histogram,
    room_for,
)
from patternwatch.cortex.wire.labels import read_label
from patternwatch.cortex.wire.walk import LENGTH, checked, read_field

_RESULTS = _TIMESERIES = _LABELS = 1 << 3 | LENGTH
_HISTOGRAMS = 4 << 3 | LENGTH
_WITHOUT_BOUNDS = 4
"""Behind the numbers of the reset hints: histograms of custom buckets without the bounds."""


def read_native_series(data: Bytes, start_ms: int, end_ms: int, step_ms: int) -> list[NativeSeries]:
    """The native histograms of a ReadResponse that `samples` has walked, of `start_ms <= t <= end_ms`.

    step_ms  of several samples within a step the last counts; 0 for all of them

    Series of custom buckets that come without their bounds are left out.
    Raises DecodeError.
    """
    found = []
    for result_at, result_end in _fields(data, 0, len(data), _RESULTS):
        for at, end in _fields(data, result_at, result_end, _TIMESERIES):
            spans = np.empty((2, (end - at) // 2 + 1), np.int64)
            n = checked(_histogram_fields(data, at, end, spans))
            if not n:
                continue
            labels = dict(read_label(data, *each) for each in _fields(data, at, end, _LABELS))
            series = _read(data, labels, spans[:, :n], (start_ms, end_ms, step_ms))
            if series is not None:
                found.append(series)
    return found


def _fields(data: Bytes, at: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    """Where the payloads of the fields with this tag start and stop."""
    while at < end:
        tag, start, stop = read_field(data, at, end)
        at = checked(stop)
        if tag == wanted:
            yield int(start), at


@kernel
def _histogram_fields(data: Bytes, at: Integer, end: Integer, spans: Integers) -> Integer:
    """Fill (2, n) with where the histograms of a series start and stop; how many there are."""
    n = 0
    while at < end:
        tag, start, at = read_field(data, at, end)
        if at < 0:
            return at
        if tag == _HISTOGRAMS:
            spans[0, n], spans[1, n] = start, at
            n += 1
    return n


def _read(
    data: Bytes, labels: dict[str, str], spans: Integers, times: tuple[int, int, int]
) -> NativeSeries | None:
    size = int((spans[1] - spans[0]).max()) + 2
    samples = np.empty((4, spans.shape[1]))
    stamps = np.empty(spans.shape[1], np.int64)
    hints = np.zeros(5, np.int64)
    chosen = checked(_last_of_steps(data, spans, times))
    kept = checked(
        _read_samples(
            data, spans[:, :chosen], room_for(size), np.empty((2, 3, 2 * size)), np.empty((2, 8 * size)),
            stamps, samples, hints,
        )
    )  # fmt: skip
    if not kept or hints[_WITHOUT_BOUNDS]:
        return None
    return NativeSeries(labels, stamps[:kept], samples[:, :kept], bool(hints[GAUGE]))


@kernel
def _last_of_steps(data: Bytes, spans: Integers, times: tuple[int, int, int]) -> Integer:
    """Move the spans of the histograms that count to the front; how many, negative where one is unsound."""
    start_ms, end_ms, step_ms = times
    n = 0
    newest: Integer = 0
    for k in range(spans.shape[1]):
        time, is_stale, status = head_of(data, spans[0, k], spans[1, k])
        if status < 0:
            return status
        if is_stale or time < start_ms or time > end_ms or (n > 0 and time <= newest):
            continue
        if n > 0 and step_ms > 0 and (time - 1) // step_ms == (newest - 1) // step_ms:
            n -= 1
        spans[0, n], spans[1, n], newest = spans[0, k], spans[1, k], time
        n += 1
    return n


@kernel
def _read_samples(
    data: Bytes,
    spans: Integers,
    facts: Facts,
    buckets: Floats,
    edges: Floats,
    stamps: Integers,
    samples: Floats,
    hints: Integers,
) -> Integer:
    """Write time, count, sum and quantiles of each histogram; how many, negative where one is unsound."""
    kept, slot = 0, 0
    held: Integer = 0
    for k in range(spans.shape[1]):
        status = read_histogram(data, spans[0, k], spans[1, k], facts)
        if status < 0:
            return status
        hints[min(max(facts.numbers[2], 0), GAUGE)] += 1
        if facts.numbers[1] == CUSTOM and facts.held[BOUNDS] == 0 and facts.held[POSITIVE] > 1:
            hints[_WITHOUT_BOUNDS] += 1
        n = buckets_of(facts, buckets[slot])
        stamps[kept], samples[0, kept], samples[1, kept] = (
            facts.numbers[0],
            facts.figures[0],
            facts.figures[1],
        )
        samples[2:, kept] = np.nan
        if kept > 0:
            if facts.numbers[2] == RESET or facts.figures[0] < samples[0, kept - 1]:
                held = 0
            quantiles_of_increase(
                buckets[1 - slot], held, buckets[slot], n, facts.numbers[1], edges, samples[2:, kept]
            )
        held, slot, kept = n, 1 - slot, kept + 1
    return kept
