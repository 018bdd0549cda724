"""A source that is away is tried again, but not for ever; one that refuses is not."""

import asyncio

import pytest

from patternwatch.contracts.errors import SourceRefusedError, SourceUnavailableError
from patternwatch.streams.retrying import LONGEST_PAUSE_S, with_retries
from tests.streams.fakes import FakeClock


def failing(times: int, error: type[Exception] = SourceUnavailableError) -> list[Exception]:
    return [error("away") for _ in range(times)]


async def attempt(errors: list[Exception]) -> str:
    if errors:
        raise errors.pop(0)
    return "here"


async def test_it_comes_back_with_growing_pauses() -> None:
    clock, errors, retries = FakeClock(), failing(6), list[int]()
    found = await with_retries(
        lambda: attempt(errors), 60, on_retry=lambda: retries.append(1), sleep=clock.sleep, clock=clock
    )
    assert found == "here"
    assert len(clock.slept) == len(retries) == 6
    assert clock.slept[0] <= 0.25 < clock.slept[-1] <= LONGEST_PAUSE_S


async def test_it_gives_up_before_the_deadline() -> None:
    clock = FakeClock()
    errors = failing(1000)
    with pytest.raises(SourceUnavailableError, match="away"):
        await with_retries(lambda: attempt(errors), 20, sleep=clock.sleep, clock=clock)
    assert 10 < sum(clock.slept) < 20


async def test_a_refusal_is_not_tried_again() -> None:
    clock, errors = FakeClock(), failing(1, SourceRefusedError)
    with pytest.raises(SourceRefusedError):
        await with_retries(lambda: attempt(errors), 20, sleep=clock.sleep, clock=clock)
    assert clock.slept == []


async def test_a_source_that_hangs_counts_as_away() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    with pytest.raises(SourceUnavailableError, match=r"did not answer within 0\.05 s"):
        await with_retries(hang, 0.05)
