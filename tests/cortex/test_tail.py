"""A window that is kept up to date by polls is the window that one fetch gives."""

import pytest

from patternwatch.contracts.errors import SourceUnavailableError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import Window
from patternwatch.cortex.derive import derive, derive_aligned
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.tail import TailReader
from tests.cortex.few_series import FIRST, ROWS, STEP, Sample, fetched, raw, same


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


async def test_a_store_that_was_far_behind_is_read_from_where_it_was() -> None:
    source = FakeSamples()
    tail = TailReader(source, "t", (), rows=ROWS, step_ms=STEP, late_ms=STEP)
    every = [(series, FIRST + n * STEP, float(n)) for series in (0, 1, 5) for n in range(-9, 3)]
    source.there = [s for s in every if s[1] <= FIRST - 4 * STEP or s[0] == 5]
    await tail.poll(FIRST, FIRST)
    source.there = every
    same(await tail.poll(FIRST + STEP, FIRST), fetched(every, FIRST + STEP))
    await tail.poll(FIRST + 2 * STEP, FIRST)
    assert [start_ms for start_ms, _ in source.asked[1:]] == [FIRST - 4 * STEP + 1, FIRST + 1]


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


def window(end_ms: int, rows: int) -> Window:
    return Window(start_ms=end_ms - (rows - 1) * STEP, split_ms=end_ms, end_ms=end_ms, step_ms=STEP)


async def test_a_longer_tail_polls_few_rows_and_reaches_back_in_pieces() -> None:
    source = FakeSamples()
    source.there = [(n % 3, FIRST + n * 500, float(n)) for n in range(-60, 60)]
    tail = TailReader(source, "t", (), rows=3 * ROWS, step_ms=STEP, late_ms=STEP)
    for n in range(3):
        same(await tail.poll(FIRST + n * STEP, FIRST, ROWS), fetched(source.there, FIRST + n * STEP))
    end_ms, whole = FIRST + 2 * STEP, window(FIRST + 2 * STEP, 3 * ROWS)
    assert source.asked[1:] == [(FIRST - STEP + 1, FIRST + STEP), (FIRST + 1, end_ms)]
    asked, pieces = len(source.asked), 0
    while not tail.holds(whole):
        assert await tail.reach_back(5)
        pieces += 1
    assert not await tail.reach_back(5)
    assert pieces == 2
    firsts, lasts = zip(*source.asked[asked:], strict=True)
    assert lasts == (FIRST - 7 * STEP, *(first - 1 for first in firsts[:-1]))
    assert firsts[-1] == whole.start_ms - 2 * STEP + 1
    there = raw([s for s in source.there if firsts[-1] <= s[1] <= end_ms])
    cut = tail.ask(lambda ring: ring.cut(whole))
    same(derive_aligned(cut.series, cut.grid), derive(there, whole))


async def test_a_window_is_held_from_where_it_was_read_until_the_last_poll_and_a_little_on() -> None:
    source = FakeSamples()
    source.there = [(0, FIRST + n * STEP, float(n)) for n in range(-30, 60)]
    tail = TailReader(source, "t", (), rows=3 * ROWS, step_ms=STEP, late_ms=STEP)
    assert not tail.holds(window(FIRST, 2))
    await tail.poll(FIRST, FIRST, ROWS)
    assert tail.holds(window(FIRST, ROWS))
    assert tail.holds(window(FIRST + 3 * STEP, ROWS))
    assert not tail.holds(window(FIRST, ROWS + 1)), "it was not read so far back"
    assert not tail.holds(window(FIRST + 500, 3)), "another grid"
    assert not tail.holds(window(FIRST + 9 * STEP, 3)), "nothing of it was polled"
    await tail.poll(FIRST + 14 * STEP, FIRST + 14 * STEP, ROWS)
    assert source.asked[-1] == (FIRST + 1, FIRST + 14 * STEP), "no row is left out between"
    assert tail.holds(window(FIRST, 3))
    await tail.poll(FIRST + 18 * STEP, FIRST + 18 * STEP, ROWS)
    assert not tail.holds(window(FIRST, 3)), "what is old makes room"


async def test_a_piece_that_fails_is_asked_for_again() -> None:
    source = FakeSamples()
    source.there = [(0, FIRST + n * STEP, float(n)) for n in range(-30, 1)]
    tail = TailReader(source, "t", (), rows=2 * ROWS, step_ms=STEP)
    assert not await tail.reach_back(5), "there is nothing to begin from"
    await tail.poll(FIRST, FIRST, ROWS)
    source.away = True
    with pytest.raises(SourceUnavailableError):
        await tail.reach_back(99)
    assert not tail.holds(window(FIRST, ROWS + 1))
    source.away = False
    assert await tail.reach_back(99)
    assert tail.holds(window(FIRST, 2 * ROWS))
