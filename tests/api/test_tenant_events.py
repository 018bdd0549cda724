"""The one stream of a tenant: what it tells, and how it goes on where it broke."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from patternwatch.api.context import AppContext
from patternwatch.api.event_log import Event, EventLog
from patternwatch.api.feed_events import Changes
from patternwatch.api.read_model.projection import apply_progress, apply_report, apply_request
from patternwatch.api.read_model.stored_events import NewEvent, store_events
from patternwatch.api.tenant_events import tenant_stream
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_position, a_progress, a_report, a_request


@dataclass
class Told:
    name: str
    id: str
    data: dict[str, Any]


class Stream:
    """An open stream of a tenant, read event by event; heartbeats are counted."""

    def __init__(self, context: AppContext, last_id: str = "", tenant: str = "a") -> None:
        self._chunks = aiter(tenant_stream(context, tenant, last_id).body_iterator)
        self._waiting: list[Told] = []
        self.heartbeats = 0

    async def next(self) -> Told | None:
        """The next event; None at the end."""
        async with asyncio.timeout(60):
            while not self._waiting:
                chunk = await anext(self._chunks, None)
                if chunk is None:
                    return None
                assert isinstance(chunk, bytes)
                self._take(chunk.decode())
        return self._waiting.pop(0)

    def _take(self, chunk: str) -> None:
        for block in chunk.strip().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines())
            if fields.get("event") == "heartbeat":
                self.heartbeats += 1
            elif "event" in fields:
                self._waiting.append(Told(fields["event"], fields["id"], json.loads(fields["data"])))


async def accepted(context: AppContext, *request_ids: str) -> None:
    async with context.read_model.writing() as db:
        for request_id in request_ids:
            await apply_request(db, a_request(request_id))


async def tell(context: AppContext, stage: Any, request_id: str = "r1", **changes: Any) -> None:
    """What the feed does with a progress."""
    progress, told = a_progress(stage, request_id=request_id, **changes), Changes()
    async with context.read_model.writing() as db:
        await apply_progress(db, progress)
        told.moved_on(progress)
        await store_events(db, await told.events(db), NOW_MS)
    await context.event_reader.catch_up()


@pytest.mark.usefixtures("client")
async def test_one_stream_tells_of_every_analysis(context: AppContext) -> None:
    requests = [f"r{number}" for number in range(7)]
    await accepted(context, *requests)
    stream = Stream(context)
    first = await stream.next()
    assert first is not None
    assert (first.name, first.data) == ("reset", {})
    for request_id in requests:
        await tell(context, "planned", request_id)
    told = [await stream.next() for _ in requests]
    assert [(each.name, each.data["request_id"]) for each in told if each] == [
        ("progress", request_id) for request_id in requests
    ]
    assert context.event_log.listeners == 1


@pytest.mark.usefixtures("client")
async def test_a_stream_that_broke_goes_on_behind_the_last_event_that_it_brought(context: AppContext) -> None:
    await accepted(context, "r1")
    stream = Stream(context)
    assert (await stream.next()) is not None
    await tell(context, "planned", of=3)
    heard = await stream.next()
    assert heard is not None
    await tell(context, "analysing", done=1, of=3)
    await tell(context, "analysing", done=2, of=3)
    again = Stream(context, heard.id)
    told = [await again.next() for _ in range(2)]
    assert [(each.name, each.data["done"]) for each in told if each] == [("progress", 1), ("progress", 2)]


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("last_id", ["", "nonsense", "0123456789ab-5", "-", "x-" + "9" * 5000])
async def test_an_id_that_is_not_known_starts_anew(context: AppContext, last_id: str) -> None:
    first = await Stream(context, last_id).next()
    assert first is not None
    assert first.name == "reset"
    assert context.event_log.after("a", first.id) == []


@pytest.mark.usefixtures("client")
async def test_an_event_that_another_release_wrote_does_not_hold_up_the_others(context: AppContext) -> None:
    await accepted(context, "r1")
    strange = NewEvent("a", "progress", "r1", "", b'{"schema_version":9}')
    async with context.read_model.writing() as db:
        await store_events(db, [strange], NOW_MS)
    with context.broadcaster.listen("a", "r1") as queue:
        await tell(context, "planned")
        told = await asyncio.wait_for(queue.get(), 10)
    assert told is not None
    assert told.stage == "planned"


@pytest.mark.usefixtures("client")
async def test_a_process_tells_what_another_one_has_stored_and_knows_its_ids(context: AppContext) -> None:
    await accepted(context, "r1")
    other = AppContext(
        settings=context.settings,
        read_model=context.read_model,
        publisher=context.publisher,
        broker=context.broker,
        clock=context.clock,
        access=context.access,
    )
    await other.event_reader.begin()
    await tell(context, "planned")
    await other.event_reader.catch_up()
    stream = Stream(other, context.event_log.id_of(0))
    told = await stream.next()
    assert told is not None
    assert (told.name, told.data["stage"]) == ("progress", "planned")
    await tell(context, "analysing")
    ahead = Stream(other, context.event_log.end())
    assert other.event_log.is_ahead(context.event_log.end())
    with other.broadcaster.listen("a", "r1") as queue:
        following = asyncio.create_task(ahead.next())
        heard = await asyncio.wait_for(queue.get(), 10)
    assert heard is not None
    assert heard.stage == "analysing"
    following.cancel()


async def test_a_reader_that_falls_behind_the_log_starts_anew() -> None:
    log = EventLog(depth=3)
    at = log.end()
    for number in range(3):
        log.append("a", Event(number + 1, "progress", str(number).encode()))
    assert [event.data for event in log.after("a", at) or []] == [b"0", b"1", b"2"]
    log.append("a", Event(4, "progress", b"3"))
    assert log.after("a", at) is None
    assert log.after("b", at) == []
    assert log.after("a", at.replace("-0", "-5")) is None


@pytest.mark.usefixtures("client")
async def test_a_conclusion_is_told_when_its_report_can_be_read(context: AppContext) -> None:
    await accepted(context, "r1")
    stream = Stream(context)
    await stream.next()
    await tell(context, "concluded", report_id="r1")
    assert context.event_log.after("a", context.event_log.id_of(0)) == []
    report, changes = a_report(next_look_ms=5), Changes()
    async with context.read_model.writing() as db:
        await apply_report(db, report, a_position())
        changes.is_readable(report)
        await store_events(db, await changes.events(db), NOW_MS)
    await context.event_reader.catch_up()
    told = [await stream.next(), await stream.next()]
    assert [(each.name, each.data["report_id"]) for each in told if each] == [
        ("progress", "r1"),
        ("revision", "r1"),
    ]
    assert told[1] is not None
    assert (told[1].data["revision"], told[1].data["grows"]) == (1, True)


@pytest.mark.usefixtures("client")
async def test_a_silent_stream_sends_heartbeats_that_a_page_can_hear(context: AppContext) -> None:
    stream = Stream(context)
    await stream.next()
    following = asyncio.create_task(stream.next())
    while stream.heartbeats < 3:
        await asyncio.sleep(0)
    context.event_log.append("a", Event(1, "progress", b"{}"))
    assert (await following) is not None


@pytest.mark.usefixtures("client")
async def test_every_stream_ends_when_the_process_goes_down(context: AppContext) -> None:
    stream = Stream(context)
    await stream.next()
    ending = asyncio.create_task(stream.next())
    await asyncio.sleep(0)
    context.end_streams()
    assert await ending is None
    assert await Stream(context).next() is None
    assert context.event_log.listeners == 0


async def test_the_id_is_taken_from_the_header_or_else_from_the_address(
    context: AppContext, client: httpx.AsyncClient
) -> None:
    url = "/api/v1/tenants/a/events"
    at = context.event_log.end()
    context.event_log.append("a", Event(1, "progress", b'{"told": 1}'))
    context.event_log.append("b", Event(2, "progress", b'{"told": 2}'))

    async def ending() -> None:
        while context.event_log.listeners < 2:
            await asyncio.sleep(0)
        for _ in range(50):
            await asyncio.sleep(0)
        context.end_streams()

    by_header, by_address, _ = await asyncio.gather(
        client.get(url, headers={"Last-Event-ID": at}), client.get(url, params={"after": at}), ending()
    )
    for answer in (by_header, by_address):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text.startswith("retry: 2000\n\nevent: heartbeat\n")
        assert ('"told": 1' in answer.text, '"told": 2' in answer.text) == (True, False)
    assert (await client.get("/api/v1/tenants/c/events")).status_code == 404
