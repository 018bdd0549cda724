"""Any split of samples into pieces gives one window, and any part of it; what has ended makes room."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.series import Window
from patternwatch.cortex.derive import derive
from patternwatch.cortex.raw import ragged
from patternwatch.cortex.ring_buffer import RingBuffer
from tests.cortex.few_series import FIRST, NAMES, ROWS, STEP, Sample, fetched, raw, same


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
    ring = RingBuffer(ROWS, STEP)
    for end_ms, arriving in pieces:
        ring.add(raw(arriving), end_ms)
    same(ring.batch(pieces[-1][0]), fetched(samples, pieces[-1][0]))


def test_a_series_that_has_ended_is_forgotten_when_it_has_left_the_window() -> None:
    ring = RingBuffer(ROWS, STEP)
    ring.add(raw([(0, FIRST, 1.0), (1, FIRST, 1.0)]), FIRST)
    ring.add(raw([(0, FIRST + 3 * STEP, 2.0)]), FIRST + 3 * STEP)
    assert len(ring) == 2, "it still shows"
    ring.add(raw([]), FIRST + (ROWS + 1) * STEP)
    assert len(ring) == 1
    assert ring.batch(FIRST + (ROWS + 1) * STEP).labels == [NAMES[0][0]]


def test_a_slot_that_another_series_took_is_not_written_for_its_old_owner() -> None:
    ring = RingBuffer(ROWS, STEP)
    both = [(0, FIRST, 1.0), (1, FIRST, 1.0)]
    ring.add(raw(both), FIRST)
    late = FIRST + (ROWS + 2) * STEP
    ring.add(raw([(0, late, 2.0), (1, FIRST, 1.0)]), late)  # the same two, of which one has left the window
    ring.add(raw([(0, late, 2.0), (2, late, 3.0)]), late)
    ring.add(raw([(0, late, 2.0), (1, late, 4.0)]), late)
    same(ring.batch(late), fetched([(0, late, 2.0), (1, late, 4.0), (2, late, 3.0)], late))


def test_what_metadata_tells_later_of_the_same_series_counts() -> None:
    ring = RingBuffer(ROWS, STEP)
    labels, one = [{"__name__": "jobs_seen"}], np.array([FIRST], dtype=np.int64)
    for kind in ("unknown", "counter"):
        ring.add(ragged(labels, [kind], [one], [np.array([5.0])]), FIRST)
    assert ring.batch(FIRST).derivation == ["rate"]


def test_more_series_than_there_was_room_for() -> None:
    count = 1000
    labels = [{"__name__": "g", "i": f"{i:04}"} for i in range(count)]
    one = np.array([FIRST], dtype=np.int64)
    many = ragged(labels, ["gauge"] * count, [one] * count, [np.array([float(i)]) for i in range(count)])
    ring = RingBuffer(ROWS, STEP)
    ring.add(many, FIRST)
    np.testing.assert_array_equal(ring.batch(FIRST).values[:, -1], np.arange(count))


def test_time_does_not_go_back() -> None:
    ring = RingBuffer(ROWS, STEP)
    ring.add(raw([]), FIRST)
    with pytest.raises(ValueError, match="time goes on"):
        ring.add(raw([]), FIRST - STEP)


@settings(max_examples=150, deadline=None)
@given(polls(), st.integers(0, 3), st.integers(1, ROWS + 2), st.sampled_from(["born_total", ".*_.*", "none"]))
def test_any_part_of_any_window_inside_is_what_one_fetch_of_it_gives(
    given_: tuple[list[Sample], list[tuple[int, list[Sample]]]], after: int, rows: int, names: str
) -> None:
    samples, pieces = given_
    ring = RingBuffer(ROWS, STEP)
    for end_ms, arriving in pieces:
        ring.add(raw(arriving), end_ms)
    end_ms = pieces[-1][0] + (after - 1) * STEP
    window = Window(start_ms=end_ms - rows * STEP, split_ms=end_ms, end_ms=end_ms, step_ms=STEP)
    if window.start_ms - 2 * STEP + 1 < ring.begins_ms:
        with pytest.raises(ValueError, match="the ring begins at"):
            ring.cut(window)
        return
    matchers = (Matcher(name="__name__", op="=~", value=names),)
    there = [s for s in samples if window.start_ms - 2 * STEP < s[1] <= min(end_ms, pieces[-1][0])]
    same(ring.derived(ring.cut(window, matchers)), derive(raw(there).matching(matchers), window))


def test_a_window_on_another_grid_is_refused() -> None:
    ring = RingBuffer(ROWS, STEP)
    ring.add(raw([(0, FIRST, 1.0)]), FIRST)
    with pytest.raises(ValueError, match="a row each 1000 ms"):
        ring.cut(Window(start_ms=FIRST - 1500, split_ms=FIRST, end_ms=FIRST + 500, step_ms=STEP))
    with pytest.raises(ValueError, match="a row each 1000 ms"):
        ring.cut(Window(start_ms=FIRST - STEP, split_ms=FIRST, end_ms=FIRST, step_ms=STEP // 2))
