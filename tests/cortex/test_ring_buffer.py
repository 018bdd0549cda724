"""Any split of samples into pieces gives one window; series keep their slots; columns come out once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_the_slots_of_others_stay_where_they_are_and_a_free_one_is_used_again() -> None:
    ring = RingBuffer(ROWS, STEP)
    ring.add(raw([(0, FIRST, 1.0), (1, FIRST, 1.0), (3, FIRST, 1.0)]), FIRST)
    before = {i: slot for i in (0, 1, 3) if (slot := ring.slot_of(NAMES[i][0])) is not None}
    assert sorted(before.values()) == [0, 1, 2]

    later = FIRST + (ROWS + 1) * STEP
    ring.add(raw([(0, later, 2.0), (3, later, 2.0)]), later)
    assert {i: ring.slot_of(NAMES[i][0]) for i in (0, 1, 3)} == {0: before[0], 1: None, 3: before[3]}
    with pytest.raises(KeyError):
        ring.labels_of(before[1])

    ring.add(raw([(4, later, 7.0)]), later)
    assert ring.slot_of(NAMES[4][0]) == before[1], "the slot that series 1 left"
    assert ring.labels_of(before[1]) == NAMES[4][0]
    same(ring.batch(later), fetched([(0, later, 2.0), (3, later, 2.0), (4, later, 7.0)], later))


@settings(max_examples=150, deadline=None)
@given(polls())
def test_slots_hold_still_while_a_series_shows(
    given_: tuple[list[Sample], list[tuple[int, list[Sample]]]],
) -> None:
    ring = RingBuffer(ROWS, STEP)
    known: dict[int, int] = {}
    for end_ms, arriving in given_[1]:
        ring.add(raw(arriving), end_ms)
        slots = {i: slot for i, (labels, _) in enumerate(NAMES) if (slot := ring.slot_of(labels)) is not None}
        assert len(set(slots.values())) == len(slots) == len(ring)
        ended = set(known) - set(slots)
        if not ended:
            assert known.items() <= slots.items()
        assert all(slots[i] == known[i] for i in known if i in slots and i not in {s for s, *_ in arriving})
        known = slots


def test_fresh_gives_each_column_once() -> None:
    ring = RingBuffer(ROWS, STEP)
    ring.add(raw([(0, FIRST - STEP, 1.0), (0, FIRST, 2.0)]), FIRST)
    first = ring.fresh()
    assert first.times.tolist() == [FIRST + n * STEP for n in range(-ROWS, 1)]
    np.testing.assert_array_equal(first.values[0, -2:], [1.0, 2.0])
    assert np.isnan(first.values[0, :-2]).all()
    assert first.slots.tolist() == first.begun.tolist() == [0]

    ring.add(raw([(0, FIRST + STEP, 3.0), (1, FIRST + 2 * STEP, 9.0)]), FIRST + 2 * STEP)
    second = ring.fresh()
    assert second.times.tolist() == [FIRST + STEP, FIRST + 2 * STEP]
    np.testing.assert_array_equal(second.values, [[3.0, np.nan], [np.nan, 9.0]])
    assert second.begun.tolist() == [ring.slot_of(NAMES[1][0])] == [1]
    assert ring.fresh().times.tolist() == []


def test_fresh_says_where_a_slot_is_another_series_now() -> None:
    ring = RingBuffer(ROWS, STEP)
    ring.add(raw([(0, FIRST, 1.0), (1, FIRST, 1.0)]), FIRST)
    ring.fresh()
    left = ring.slot_of(NAMES[1][0])
    later = FIRST + 40 * STEP
    ring.add(raw([(0, later, 2.0)]), later)
    found = ring.fresh()
    assert found.slots.tolist() == [ring.slot_of(NAMES[0][0])]
    assert found.begun.tolist() == [], "series 0 kept its slot"
    assert found.times.tolist() == [later + n * STEP for n in range(-ROWS, 1)], "no more than the ring holds"
    np.testing.assert_array_equal(found.values[0], [np.nan] * ROWS + [2.0])

    ring.add(raw([(4, later + STEP, 5.0)]), later + STEP)
    found = ring.fresh()
    assert found.begun.tolist() == [ring.slot_of(NAMES[4][0])] == [left]
    np.testing.assert_array_equal(found.values[found.slots == left], [[5.0]])


@settings(max_examples=150, deadline=None)
@given(polls())
def test_fresh_columns_of_in_time_samples_make_up_the_ring(
    given_: tuple[list[Sample], list[tuple[int, list[Sample]]]],
) -> None:
    samples, pieces = given_
    ring, seen = RingBuffer(ROWS, STEP), dict[tuple[int, int], float]()
    before = 0
    for end_ms, _ in pieces:
        ring.add(raw([s for s in samples if before < s[1] <= end_ms]), end_ms)
        found, before = ring.fresh(), end_ms
        for slot, row in zip(found.slots.tolist(), found.values, strict=True):
            seen |= {(slot, at): v for at, v in zip(found.times.tolist(), row.tolist(), strict=True)}
    whole = RingBuffer(ROWS, STEP)
    whole.add(raw(samples), pieces[-1][0])
    wanted = whole.fresh()
    for slot, row in zip(wanted.slots.tolist(), wanted.values, strict=True):
        own = ring.slot_of(whole.labels_of(slot))
        assert own is not None
        for at, value in zip(wanted.times.tolist(), row.tolist(), strict=True):
            assert seen.get((own, at), np.nan) == pytest.approx(value, nan_ok=True)


def test_a_series_that_came_and_went_between_two_calls_is_in_neither_list() -> None:
    ring = RingBuffer(ROWS, STEP)
    ring.add(raw([(0, FIRST, 1.0)]), FIRST)
    ring.add(raw([]), FIRST + 40 * STEP)
    found = ring.fresh()
    assert found.slots.tolist() == found.begun.tolist() == []
