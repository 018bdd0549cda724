import asyncio
import json
from typing import Any

import httpx
import pytest

from patternwatch.api.broadcast import Broadcaster
from patternwatch.api.context import AppContext
from patternwatch.api.events import event_stream, revision_stream
from patternwatch.api.read_model.projection import apply_progress, apply_report, apply_request
from patternwatch.contracts.codec import decode
from patternwatch.contracts.progress import Progress, Stage
from tests.fakes.clock import NOW_MS, FakeClock
from tests.fakes.messages import a_position, a_progress, a_report, a_request

URL = "/api/v1/tenants/a/analyses/r1/events"


class Stream:
    """An open event stream, read event by event."""

    def __init__(self, context: AppContext) -> None:
        self._chunks = event_stream(context, "a", "r1").body_iterator
        self.comments = 0

    async def next(self) -> Progress | None:
        """The next event; None at the end."""
        async with asyncio.timeout(60):
            async for chunk in self._chunks:
                assert isinstance(chunk, bytes)
                _, told, data = chunk.partition(b"event: progress\ndata: ")
                if told:
                    return decode(data.strip(), Progress)
                self.comments += chunk.startswith(b":")
        return None

    async def stages(self) -> list[Stage]:
        found = []
        while (event := await self.next()) is not None:
            found.append(event.stage)
        return found


@pytest.fixture
async def stream(context: AppContext, client: httpx.AsyncClient) -> Stream:
    """Of an analysis that has just been accepted."""
    async with context.read_model.writing() as db:
        await apply_request(db, a_request())
    return Stream(context)


async def tell(context: AppContext, progress: Progress) -> None:
    """What the feed does with a progress."""
    async with context.read_model.writing() as db:
        await apply_progress(db, progress)
    context.broadcaster.send(progress)


async def test_the_latest_state_comes_first_then_every_other_until_it_is_over(
    context: AppContext, stream: Stream
) -> None:
    first = await stream.next()
    assert first is not None
    assert (first.stage, first.title) == ("accepted", "by hand")
    for n in range(3):
        await tell(context, a_progress("analysing", done=n, of=3, at_ms=NOW_MS + n))
    await tell(context, a_progress("quiet"))
    assert await stream.stages() == ["analysing", "analysing", "analysing", "quiet"]
    assert context.broadcaster.listeners == 0


@pytest.mark.parametrize("stage", ["quiet", "failed", "concluded"])
async def test_the_stream_of_an_analysis_that_is_over_ends_at_once(
    context: AppContext, stream: Stream, stage: Stage
) -> None:
    await tell(context, a_progress(stage))
    assert await stream.stages() == [stage]


async def test_the_end_is_held_back_until_the_report_can_be_read(
    context: AppContext, stream: Stream, clock: FakeClock
) -> None:
    clock.now += 0.001
    assert (await stream.next()) is not None
    await tell(context, a_progress("concluded", report_id="r1"))
    ending = asyncio.create_task(stream.next())
    await asyncio.wait([ending], timeout=0.2)
    assert not ending.done()
    async with context.read_model.writing() as db:
        await apply_report(db, a_report(), a_position())
    context.broadcaster.send(a_progress("concluded", report_id="r1"))
    event = await ending
    assert event is not None
    assert event.report_id == "r1"
    assert await context.read_model.has_report("a", "r1")


async def test_the_end_is_not_held_back_for_ever(
    context: AppContext, stream: Stream, clock: FakeClock
) -> None:
    clock.now += 0.001 + context.settings.report_wait_s
    await tell(context, a_progress("concluded", report_id="deleted"))
    event = await stream.next()
    assert event is not None
    assert event.report_id == "deleted"


async def test_a_silent_stream_sends_comments(context: AppContext, stream: Stream) -> None:
    await stream.next()
    following = asyncio.create_task(stream.next())
    while not stream.comments:
        await asyncio.sleep(0)
    await tell(context, a_progress("quiet"))
    assert (await following) is not None


@pytest.mark.parametrize("stage", ["planned", "concluded"])
async def test_every_stream_ends_when_the_process_goes_down(
    context: AppContext, stream: Stream, stage: Stage, clock: FakeClock
) -> None:
    clock.now += 0.001
    await stream.next()
    await tell(context, a_progress(stage, report_id="r1"))
    context.broadcaster.close()
    assert await stream.stages() == [stage]
    assert await Stream(context).stages() == [stage]


async def test_the_answer_is_an_event_stream_that_nobody_keeps(
    context: AppContext, client: httpx.AsyncClient, stream: Stream
) -> None:
    await tell(context, a_progress("quiet"))
    answer = await client.get(URL)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in answer.headers
    assert answer.text.startswith("retry: 2000\n\nid: quiet-")
    assert "\nevent: progress\ndata: {" in answer.text
    assert answer.text.endswith("}\n\n")


def test_a_listener_that_does_not_keep_up_keeps_the_latest() -> None:
    broadcaster = Broadcaster()
    with broadcaster.listen("a", "r1") as queue:
        for n in range(200):
            broadcaster.send(a_progress("analysing", done=n))
        found = [queue.get_nowait() for _ in range(queue.qsize())]
    assert found[-1] == a_progress("analysing", done=199)
    assert broadcaster.listeners == 0


class Revisions:
    """An open stream of a report's revisions, read event by event."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._chunks = revision_stream(context, "a", "r1").body_iterator

    async def publish(self, revision: int, **changes: Any) -> None:
        """What the feed does with a report."""
        async with self._context.read_model.writing() as db:
            await apply_report(db, a_report(revision=revision, **changes), a_position(revision))
        self._context.broadcaster.send(await self._context.read_model.progress("a", "r1"))

    async def next(self) -> tuple[int, bool] | None:
        """The next revision and whether others may follow; None at the end."""
        async with asyncio.timeout(60):
            async for chunk in self._chunks:
                assert isinstance(chunk, bytes)
                _, told, data = chunk.partition(b"event: revision\ndata: ")
                if told:
                    event = json.loads(data)
                    return event["revision"], event["grows"]
        return None


async def test_the_revisions_of_a_growing_report_are_told_until_it_grows_no_more(
    context: AppContext, client: httpx.AsyncClient
) -> None:
    stream = Revisions(context)
    await stream.publish(4, next_look_ms=NOW_MS + 60_000)
    assert await stream.next() == (4, True)
    waiting = asyncio.create_task(stream.next())
    await stream.publish(8, next_look_ms=NOW_MS + 90_000)
    assert await waiting == (8, True)
    await stream.publish(12)
    assert await stream.next() == (12, False)
    assert await stream.next() is None
    assert context.broadcaster.listeners == 0


async def test_the_revisions_of_a_report_that_does_not_grow_end_at_once_and_of_none_are_404(
    context: AppContext, client: httpx.AsyncClient
) -> None:
    url = "/api/v1/tenants/a/reports/r1/events"
    assert (await client.get(url)).status_code == 404
    await Revisions(context).publish(4)
    answer = await client.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.text.count("event: revision") == 1


async def test_a_partial_report_and_that_of_a_watch_may_have_other_revisions(
    context: AppContext, client: httpx.AsyncClient
) -> None:
    for revision, (field, value) in enumerate((("status", "partial"), ("trigger", "watch")), start=1):
        stream = Revisions(context)
        await stream.publish(revision, **{field: value})
        assert await stream.next() == (revision, True)


async def test_a_state_that_the_reader_has_heard_of_last_is_not_told_again(
    context: AppContext, client: httpx.AsyncClient, stream: Stream
) -> None:
    await tell(context, a_progress("quiet"))
    (last,) = [line for line in (await client.get(URL)).text.splitlines() if line.startswith("id: ")]
    again = await client.get(URL, headers={"Last-Event-ID": last.removeprefix("id: ")})
    assert (again.status_code, again.content) == (204, b"")
    other = await client.get(URL, headers={"Last-Event-ID": "planned-0-1"})
    assert other.text.count("event: progress") == 1


async def test_only_revisions_after_the_last_one_heard_of_are_told(
    context: AppContext, client: httpx.AsyncClient
) -> None:
    url = "/api/v1/tenants/a/reports/r1/events"

    async def told(last: str) -> tuple[int, int]:
        answer = await client.get(url, headers={"Last-Event-ID": last})
        return answer.status_code, answer.text.count("event: revision")

    await Revisions(context).publish(4)
    assert await told("3") == (200, 1)
    assert await told("4") == (204, 0)
    for other in ("5", "x", "-1", "9" * 5000):
        assert await told(other) == (200, 1)
