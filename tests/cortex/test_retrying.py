"""A source that is away is tried again, but not for ever; one that refuses is not."""

import asyncio

import pytest

from patternwatch.contracts.errors import SourceRefusedError, SourceUnavailableError
from patternwatch.cortex.retrying import FIRST_PAUSE_S, LONGEST_PAUSE_S, with_retries
from tests.fakes.clock import FakeClock


def longest(_low: float, high: float) -> float:
    return high


def failing(times: int, error: type[Exception] = SourceUnavailableError) -> list[Exception]:
    return [error("away") for _ in range(times)]


async def attempt(errors: list[Exception]) -> str:
    if errors:
        raise errors.pop(0)
    return "here"


async def test_it_comes_back_with_growing_pauses() -> None:
    clock, errors, retries = FakeClock(), failing(6), list[int]()
    found = await with_retries(
        lambda: attempt(errors),
        60,
        on_retry=lambda: retries.append(1),
        sleep=clock.sleep,
        clock=clock,
        draw=longest,
    )
    assert found == "here"
    assert len(retries) == 6
    assert clock.slept == [FIRST_PAUSE_S, 1.0, 2.0, 4.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S]


async def test_the_pause_is_drawn_from_nothing_to_its_most() -> None:
    clock, errors, drawn = FakeClock(), failing(2), list[tuple[float, float]]()

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return 0.125

    await with_retries(lambda: attempt(errors), 60, sleep=clock.sleep, clock=clock, draw=draw)
    assert drawn == [(0.0, FIRST_PAUSE_S), (0.0, 2 * FIRST_PAUSE_S)]
    assert clock.slept == [0.125, 0.125]


async def test_a_pause_that_the_server_asks_for_is_waited_in_full() -> None:
    clock, errors = FakeClock(), list[Exception]([SourceUnavailableError("busy", retry_after_s=7.0)])
    assert await with_retries(lambda: attempt(errors), 60, sleep=clock.sleep, clock=clock) == "here"
    assert 7.0 <= clock.slept[0] <= 7.0 + FIRST_PAUSE_S


async def test_a_pause_beyond_the_deadline_is_not_waited_at_all() -> None:
    clock, errors = FakeClock(), list[Exception]([SourceUnavailableError("busy", retry_after_s=61.0)])
    with pytest.raises(SourceUnavailableError, match="busy"):
        await with_retries(lambda: attempt(errors), 60, sleep=clock.sleep, clock=clock)
    assert clock.slept == []


async def test_a_few_tries_may_be_all_there_are() -> None:
    clock, errors = FakeClock(), failing(9)
    with pytest.raises(SourceUnavailableError, match="away"):
        await with_retries(lambda: attempt(errors), 60, tries=3, sleep=clock.sleep, clock=clock)
    assert (len(clock.slept), len(errors)) == (2, 6)


async def test_it_gives_up_before_the_deadline() -> None:
    clock = FakeClock()
    errors = failing(1000)
    with pytest.raises(SourceUnavailableError, match="away"):
        await with_retries(lambda: attempt(errors), 20, sleep=clock.sleep, clock=clock, draw=longest)
    assert 10 < sum(clock.slept) < 20


async def test_a_refusal_is_not_tried_again() -> None:
    clock, errors = FakeClock(), failing(1, SourceRefusedError)
    with pytest.raises(SourceRefusedError):
        await with_retries(lambda: attempt(errors), 20, sleep=clock.sleep, clock=clock)
    assert clock.slept == []


async def test_a_source_that_hangs_counts_as_away() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    with pytest.raises(SourceUnavailableError, match=r"did not answer within 0\.05 s.*source\.timeout_s"):
        await with_retries(hang, 0.05)
