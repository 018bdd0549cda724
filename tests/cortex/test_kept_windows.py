"""Windows of reports that grow: the same as a fetch gives, read by their tails, within a bound of memory."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from patternwatch.contracts.errors import SourceUnavailableError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.kept_windows import KeptWindows
from patternwatch.cortex.label_partition import LabelPartition
from patternwatch.cortex.partial_answers import partial_answers, tell
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.ring_buffer import RingBuffer
from patternwatch.testing import FakeClock, FakeSource
from tests.cortex.few_series import FIRST, ROWS, STEP, Sample, fetched, raw, same

SAMPLES_OF_ONE = ROWS + 1


def window(end_ms: int, rows: int = ROWS) -> Window:
    return Window(start_ms=end_ms - (rows - 1) * STEP, split_ms=end_ms, end_ms=end_ms, step_ms=STEP)


@dataclass
class LiveSource:
    """Gives what had arrived when it is asked, and notes for which times."""

    there: list[Sample]
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    away: bool = False

    async def samples(
        self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int, step_ms: int
    ) -> RawSeries:
        self.asked.append(("tail", start_ms, end_ms))
        if self.away:
            raise SourceUnavailableError("away")
        return raw([s for s in self.there if start_ms <= s[1] <= end_ms])

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        self.asked.append(("whole", window.start_ms, window.end_ms))
        return fetched(self.there, window.end_ms)

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        raise NotImplementedError

    async def partition(
        self, tenant: str, matchers: Matchers, window: Window, max_series: int
    ) -> LabelPartition | None:
        raise NotImplementedError

    async def begins_at(self, tenant: str, matchers: Matchers, window: Window) -> int | None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


@pytest.fixture
def source() -> LiveSource:
    return LiveSource([(n % 3, FIRST + n * 300, float(n)) for n in range(-60, 200)])


async def look(windows: KeptWindows, end_ms: int, again: bool = True, name: str = "r1") -> SeriesBatch:
    return await windows.fetch(name, "t", (), window(end_ms), again=again)


async def test_later_looks_read_their_tail_and_the_last_one_is_forgotten(source: LiveSource) -> None:
    windows = KeptWindows(source, late_rows=3)
    for end_ms in (FIRST, FIRST + 2 * STEP, FIRST + 50 * STEP):
        same(await look(windows, end_ms, again=end_ms < FIRST + 50 * STEP), fetched(source.there, end_ms))
    assert source.asked[:2] == [
        ("tail", FIRST - (ROWS + 1) * STEP + 1, FIRST),
        ("tail", FIRST - 3 * STEP + 1, FIRST + 2 * STEP),
    ]
    assert windows.samples == 0


async def test_a_window_that_is_asked_for_once_is_fetched_whole_and_not_kept(source: LiveSource) -> None:
    windows = KeptWindows(source)
    same(await look(windows, FIRST, again=False), fetched(source.there, FIRST))
    assert (source.asked, windows.samples) == ([("whole", FIRST - (ROWS - 1) * STEP, FIRST)], 0)


async def test_a_look_delivered_a_second_time_gets_its_own_window_though_a_later_one_was_made(
    source: LiveSource,
) -> None:
    windows = KeptWindows(source)
    await look(windows, FIRST + STEP)
    same(await look(windows, FIRST, again=False), fetched(source.there, FIRST))
    same(await look(windows, FIRST + 2 * STEP), fetched(source.there, FIRST + 2 * STEP))
    assert [way for way, *_ in source.asked] == ["tail", "whole", "tail"]


async def test_a_source_that_is_away_costs_nothing_that_was_kept(source: LiveSource) -> None:
    windows = KeptWindows(source)
    await look(windows, FIRST)
    source.away = True
    with pytest.raises(SourceUnavailableError):
        await look(windows, FIRST + STEP)
    source.away = False
    same(await look(windows, FIRST + STEP), fetched(source.there, FIRST + STEP))
    assert source.asked[-1] == source.asked[-2]


async def test_a_kept_window_that_fails_is_forgotten_and_fetched_whole(
    source: LiveSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = KeptWindows(source)
    await look(windows, FIRST)

    def broken(*_: Any) -> None:
        raise IndexError("a slot that is not there")

    with monkeypatch.context() as faulty:
        faulty.setattr(RingBuffer, "add", broken)
        same(await look(windows, FIRST + STEP), fetched(source.there, FIRST + STEP))
        assert windows.samples == 0
    same(await look(windows, FIRST + 2 * STEP), fetched(source.there, FIRST + 2 * STEP))
    assert [way for way, *_ in source.asked] == ["tail", "tail", "whole", "tail"]
    assert source.asked[-1][1] == FIRST + 2 * STEP - (ROWS + 1) * STEP + 1  # all of it


async def test_a_window_that_the_source_gave_in_part_is_not_kept(
    source: LiveSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The series of a store that comes back would have a gap before, as if they were born."""
    windows = KeptWindows(source)
    whole = source.samples

    async def partial(*asked: Any) -> RawSeries:
        tell("a store is down")
        return await whole(*asked)

    monkeypatch.setattr(source, "samples", partial)
    with partial_answers() as told:
        await look(windows, FIRST + 20 * STEP)
    assert (told.words, windows.samples) == (("a store is down",), 0)
    monkeypatch.setattr(source, "samples", whole)
    await look(windows, FIRST + 20 * STEP)
    assert windows.samples > 0


async def test_tenants_with_one_name_share_no_window(source: LiveSource) -> None:
    windows = KeptWindows(source)
    for tenant in ("a", "b"):
        await windows.fetch("r1", tenant, (), window(FIRST), again=True)
    assert len(windows._kept) == 2
    await windows.fetch("r1", "a", (), window(FIRST), again=False)
    assert [tenant for _, tenant, _ in windows._kept] == ["b"]


async def test_another_grid_begins_anew(source: LiveSource) -> None:
    windows = KeptWindows(source)
    await look(windows, FIRST)
    shorter = await windows.fetch("r1", "t", (), window(FIRST, rows=4), again=True)
    assert shorter.values.shape[1] == 4
    same(await look(windows, FIRST + 700, again=True), fetched(source.there, FIRST + 700))
    assert source.asked[-1][0] == "whole"  # off the grid of its step


async def test_the_windows_asked_for_least_recently_make_room(source: LiveSource) -> None:
    windows = KeptWindows(source, max_samples=6 * SAMPLES_OF_ONE)  # two requests of three series
    for name in ("a", "b", "a", "c"):
        await look(windows, FIRST, name=name)
    assert windows.samples == 6 * SAMPLES_OF_ONE
    source.asked.clear()
    for name in ("a", "c", "b"):
        await look(windows, FIRST + STEP, again=False, name=name)
    assert [way for way, *_ in source.asked] == ["tail", "tail", "whole"]


async def test_no_more_than_was_allowed_is_kept(source: LiveSource) -> None:
    windows = KeptWindows(source, max_samples=0)
    await look(windows, FIRST)
    assert windows.samples == 0


async def test_a_window_that_no_look_asked_for_during_a_current_part_is_forgotten(source: LiveSource) -> None:
    clock = FakeClock()
    windows = KeptWindows(source, clock=clock)
    await look(windows, FIRST, name="a")
    clock.advance(30.0)
    await look(windows, FIRST, name="b")
    for seconds, names in ((30.0, "ab"), (0.1, "b"), (29.9, "b"), (0.1, "")):
        clock.advance(seconds)
        windows.sweep()
        assert "".join(str(name) for name, *_ in windows._kept) == names


async def test_a_source_without_raw_samples_is_fetched_whole() -> None:
    windows = KeptWindows(FakeSource([{"__name__": "up"}], np.ones((1, ROWS))))
    assert (await look(windows, FIRST)).values.tolist() == [[1.0] * ROWS]
    assert windows.samples == 0
