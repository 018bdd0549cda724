"""Progress: nobody waits for it, what is over at once is not told, what went wrong is."""

import asyncio

from patternwatch.contracts.progress import Progress
from patternwatch.contracts.topics import PROGRESS
from patternwatch.streams.agents.reports.progress import ProgressPublisher
from tests.fakes.messages import a_request
from tests.fakes.publisher import FakePublisher

LONG_S = 3600.0


def told(publisher: FakePublisher) -> list[tuple[str, str, int, str]]:
    """What was published: request, stage, how far, note."""
    messages: list[Progress] = publisher.on(PROGRESS)
    return [(m.request_id, m.stage, m.done, m.note) for m in messages]


async def test_of_stages_that_follow_at_once_the_last_one_is_told() -> None:
    publisher = FakePublisher()
    progress = ProgressPublisher(publisher, lambda: 0, LONG_S)
    progress.publish_nowait(a_request("r1"), "accepted")
    progress.publish_nowait(a_request("r2"), "accepted")
    progress.publish_nowait(a_request("r1"), "planned", of=2)
    await progress.flush()
    assert told(publisher) == [("r1", "planned", 0, ""), ("r2", "accepted", 0, "")]


async def test_a_stage_that_lasts_is_told_by_itself() -> None:
    publisher = FakePublisher()
    progress = ProgressPublisher(publisher, lambda: 0, 0.001)
    progress.publish_nowait(a_request("r1"), "accepted")
    async with asyncio.timeout(10):
        while not told(publisher):
            await asyncio.sleep(0.001)
    progress.publish_nowait(a_request("r1"), "planned", of=2)
    await progress.flush()
    assert [stage for _, stage, *_ in told(publisher)] == ["accepted", "planned"]


async def test_the_end_is_told_at_once_and_nothing_after_it() -> None:
    publisher = FakePublisher()
    progress = ProgressPublisher(publisher, lambda: 0, LONG_S)
    progress.publish_nowait(a_request("r1"), "analysing", done=1, of=2)
    progress.publish_nowait(a_request("r2"), "accepted")
    await progress.publish(a_request("r1"), "concluded", done=2, of=2)
    assert told(publisher) == [("r1", "concluded", 2, "")]
    await progress.flush()
    assert told(publisher)[1:] == [("r2", "accepted", 0, "")]


async def test_a_stage_that_says_what_went_wrong_is_always_told() -> None:
    publisher = FakePublisher()
    progress = ProgressPublisher(publisher, lambda: 0, LONG_S)
    progress.publish_nowait(a_request("r1"), "analysing", done=1, of=3, note="413")
    progress.publish_nowait(a_request("r1"), "analysing", done=2, of=3)
    progress.publish_nowait(a_request("r1"), "analysing", done=3, of=3, note="503")
    await progress.publish(a_request("r1"), "concluded", done=3, of=3)
    assert [(done, note) for *_, done, note in told(publisher)] == [(1, "413"), (3, "503"), (3, "")]
