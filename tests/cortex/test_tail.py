"""A window kept up to date by polls is the window that one fetch gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.contracts.errors import SourceUnavailableError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.derive import derive
from patternwatch.cortex.raw import RawSeries, ragged
from patternwatch.cortex.tail import TailReader, TailWindow

STEP, ROWS = 1000, 6
FIRST = 50 * STEP
NAMES = [
    ({"__name__": "gauge", "job": "a"}, "gauge"),
    ({"__name__": "born_total", "job": "a", "code": "500"}, "counter"),
    ({"__name__": "born_total", "job": "a", "code": "200"}, "counter"),
    ({"__name__": "wait_sum"}, "summary"),
    ({"__name__": "wait_count"}, "summary"),
    ({"__name__": "untyped_total"}, "unknown"),
]
Sample = tuple[int, int, float]
"""Which series, when, how much."""


def raw(samples: list[Sample]) -> RawSeries:
    found: dict[int, dict[int, float]] = {}
    for series, at_ms, value in sorted(samples):
        found.setdefault(series, {})[at_ms] = value
    return ragged(
        [dict(NAMES[i][0]) for i in found],
        [NAMES[i][1] for i in found],
        [np.array(list(s), dtype=np.int64) for s in found.values()],
        [np.array(list(s.values())) for s in found.values()],
    )


def same(one: SeriesBatch, other: SeriesBatch) -> None:
    assert one.labels == other.labels
    assert one.derivation == other.derivation
    assert one.skipped == other.skipped
    np.testing.assert_array_equal(one.times, other.times)
    np.testing.assert_array_equal(one.values, other.values)


def fetched(samples: list[Sample], end_ms: int) -> SeriesBatch:
    window = Window(start_ms=end_ms - (ROWS - 1) * STEP, split_ms=end_ms, end_ms=end_ms, step_ms=STEP)
    oldest = end_ms - (ROWS + 1) * STEP
    return derive(raw([s for s in samples if oldest < s[1] <= end_ms]), window)


@st.composite
def polls(draw: st.DrawFn) -> tuple[list[Sample], list[tuple[int, list[Sample]]]]:
    """Samples of some series, and ends of polls with what arrives at each: late, twice, out of order."""
    steps = draw(st.lists(st.integers(0, 9), min_size=1, max_size=6))
    ends = [FIRST + STEP * n for n in np.cumsum(steps).tolist()]
    moments = st.integers(FIRST - 8 * STEP, ends[-1])
    times = draw(st.dictionaries(st.tuples(st.integers(0, 5), moments), st.integers(0, 9), max_size=60))
    samples = [(series, at_ms, float(value)) for (series, at_ms), value in times.items()]
    arriving: list[list[Sample]] = [[] for _ in ends]
    for sample in samples:
        first = next(n for n, end in enumerate(ends) if sample[1] <= end)
        for n in draw(st.sets(st.integers(first, len(ends) - 1), min_size=1, max_size=2)):
            arriving[n].append(sample)
    return samples, list(zip(ends, arriving, strict=True))


@settings(max_examples=300, deadline=None)
@given(polls())
def test_any_split_into_polls_gives_what_one_fetch_gives(
    given_: tuple[list[Sample], list[tuple[int, list[Sample]]]],
) -> None:
    samples, pieces = given_
    tail = TailWindow(ROWS, STEP)
    for end_ms, arriving in pieces:
        tail.add(raw(arriving), end_ms)
    same(tail.batch(pieces[-1][0]), fetched(samples, pieces[-1][0]))


def test_a_series_that_has_ended_is_forgotten_when_it_has_left_the_window() -> None:
    tail = TailWindow(ROWS, STEP)
    tail.add(raw([(0, FIRST, 1.0), (1, FIRST, 1.0)]), FIRST)
    tail.add(raw([(0, FIRST + 3 * STEP, 2.0)]), FIRST + 3 * STEP)
    assert len(tail) == 2, "it still shows"
    tail.add(raw([]), FIRST + (ROWS + 1) * STEP)
    assert len(tail) == 1
    assert tail.batch(FIRST + (ROWS + 1) * STEP).labels == [NAMES[0][0]]


def test_more_series_than_there_was_room_for() -> None:
    count = 1000
    labels = [{"__name__": "g", "i": f"{i:04}"} for i in range(count)]
    one = np.array([FIRST], dtype=np.int64)
    many = ragged(labels, ["gauge"] * count, [one] * count, [np.array([float(i)]) for i in range(count)])
    tail = TailWindow(ROWS, STEP)
    tail.add(many, FIRST)
    np.testing.assert_array_equal(tail.batch(FIRST).values[:, -1], np.arange(count))


def test_time_does_not_go_back() -> None:
    tail = TailWindow(ROWS, STEP)
    tail.add(raw([]), FIRST)
    with pytest.raises(ValueError, match="time goes on"):
        tail.add(raw([]), FIRST - STEP)


class FakeSamples:
    """Gives what had arrived when it is asked."""

    def __init__(self) -> None:
        self.there: list[Sample] = []
        self.asked: list[tuple[int, int]] = []
        self.away = False

    async def samples(
        self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int, step_ms: int
    ) -> RawSeries:
        self.asked.append((start_ms, end_ms))
        if self.away:
            raise SourceUnavailableError("away")
        return raw([s for s in self.there if start_ms <= s[1] <= end_ms])


async def test_the_first_poll_fills_the_window_and_the_next_ones_fetch_what_is_new() -> None:
    source = FakeSamples()
    tail = TailReader(source, "t", (), rows=ROWS, step_ms=STEP, late_ms=2 * STEP)
    source.there = [(0, FIRST + n * 500, float(n)) for n in range(-40, 60)]
    for end_ms in (FIRST + 250, FIRST + STEP, FIRST + 3 * STEP):
        same(await tail.poll(end_ms, FIRST - STEP), fetched(source.there, end_ms - end_ms % STEP))
    assert source.asked == [
        (FIRST - 7 * STEP + 1, FIRST),
        (FIRST - 2 * STEP + 1, FIRST + STEP),
        (FIRST - STEP + 1, FIRST + 3 * STEP),
    ]


async def test_samples_that_come_late_are_seen() -> None:
    source = FakeSamples()
    tail = TailReader(source, "t", (), rows=ROWS, step_ms=STEP, late_ms=2 * STEP)
    source.there = [(0, FIRST, 1.0)]
    await tail.poll(FIRST, FIRST)
    source.there += [(0, FIRST - STEP, 0.0), (1, FIRST - STEP, 5.0), (1, FIRST, 9.0)]
    same(await tail.poll(FIRST + STEP, FIRST), fetched(source.there, FIRST + STEP))


async def test_a_poll_that_fails_changes_nothing_and_the_next_one_makes_up_for_it() -> None:
    source = FakeSamples()
    tail = TailReader(source, "t", (), rows=ROWS, step_ms=STEP)
    source.there = [(0, FIRST + n * STEP, float(n)) for n in range(-9, 9)]
    await tail.poll(FIRST, FIRST)
    source.away = True
    with pytest.raises(SourceUnavailableError):
        await tail.poll(FIRST + STEP, FIRST)
    source.away = False
    same(await tail.poll(FIRST + 4 * STEP, FIRST), fetched(source.there, FIRST + 4 * STEP))


async def test_after_a_long_pause_the_window_is_filled_anew() -> None:
    source = FakeSamples()
    tail = TailReader(source, "t", (), rows=ROWS, step_ms=STEP)
    source.there = [(0, FIRST + n * STEP, float(n)) for n in range(-9, 60)]
    await tail.poll(FIRST, FIRST)
    later = FIRST + 30 * STEP
    same(await tail.poll(later, later), fetched(source.there, later))
    assert source.asked[-1] == (later - 7 * STEP + 1, later)
