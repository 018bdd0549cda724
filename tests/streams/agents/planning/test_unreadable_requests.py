"""A request that cannot be read ends with a failed report, since its key names the analysis."""

import base64
from typing import Any

import orjson
import pytest

from patternwatch.contracts.codec import encode
from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.looks import Look
from patternwatch.contracts.topics import DEAD_LETTERS, PROGRESS, REPORTS, REQUESTS
from patternwatch.streams.agents.declarations import DECLARATIONS
from patternwatch.streams.agents.planning.planner import Planner
from patternwatch.streams.agents.planning.unreadable_requests import UNREADABLE, request_of_key
from patternwatch.streams.consumer.records import Record
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import TENANT, a_request
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import AgentHarness
from tests.streams.agents.looks.test_every_analysis_ends import Broken
from tests.streams.consumer.test_topic_consumer import complete

KEY = f"{TENANT}/r1".encode()


def spoilt(**changes: Any) -> bytes:
    """A request of which these fields are of no use."""
    return orjson.dumps(orjson.loads(encode(a_request(title="slow checkout"))) | changes)


async def taken(harness: AgentHarness, value: bytes | None, key: bytes | None = KEY) -> None:
    """Let the worker's own consumer of requests take this record."""
    planner = harness.planner(FakeSource())
    consumer = _consumer(harness, planner)
    acked: list[int] = []
    await consumer.take(Record("p.requests", 0, 7, key, value, ack=lambda: acked.append(7)))
    await complete(consumer, 1)
    await harness.progress.flush()
    assert acked == [7]
    (letter,) = harness.publisher.on(DEAD_LETTERS)
    assert isinstance(letter, DeadLetter)
    assert letter.value == (None if value is None else base64.b64encode(value).decode())


def _consumer(harness: AgentHarness, planner: Planner) -> TopicConsumer:
    return TopicConsumer(
        REQUESTS, planner.on_request, harness.context, unreadable=planner.on_unreadable_request
    )


@pytest.mark.parametrize(
    ("value", "title"),
    [
        (spoilt(window={"start_ms": "early"}), "slow checkout"),
        (spoilt(schema_version=99), "slow checkout"),
        (spoilt(title=["no", "title"]), UNREADABLE),
        (b"no JSON", UNREADABLE),
        (b"[]", UNREADABLE),
        (None, UNREADABLE),
    ],
)
async def test_somebody_who_waits_for_it_is_told(value: bytes | None, title: str) -> None:
    harness = AgentHarness()
    await taken(harness, value)
    (report,) = harness.publisher.on(REPORTS)
    assert (report.request_id, report.tenant, report.status, report.revision) == ("r1", TENANT, "failed", 0)
    assert report.title == title
    assert report.reason.startswith("The request could not be read: ")
    assert harness.publisher.on(PROGRESS)[-1].stage == "failed"


@pytest.mark.parametrize("key", [None, b"", b"r1", b"a/", b"/r1", b"\xff\xfe"])
async def test_a_key_that_names_no_analysis_is_a_dead_letter_only(key: bytes | None) -> None:
    harness = AgentHarness()
    await taken(harness, b"no JSON", key)
    assert harness.publisher.on(REPORTS) == []


async def test_what_can_be_read_of_it_is_shown() -> None:
    request = a_request(title="slow checkout")
    made = request_of_key(KEY, spoilt(compare="never"), NOW_MS, 30_000)
    assert made is not None
    assert (made.title, made.matchers, made.window) == (request.title, request.matchers, request.window)
    assert made.compare == "none"


async def test_an_analysis_that_is_known_is_tried_again_and_one_that_is_over_stays() -> None:
    harness = AgentHarness()
    known = Look(request=a_request("r1"), look=1, revision=4, changed_ms=NOW_MS)
    await harness.looks.put(known)
    await taken(harness, b"no JSON")
    assert harness.publisher.on(REPORTS) == [], "its report is out"
    after = await harness.looks.of(TENANT, "r1")
    assert after is not None
    assert (after.failures, after.revision, after.is_over) == (1, 4, False)
    over = AgentHarness()
    await over.looks.put(known.model_copy(update={"is_over": True}))
    await taken(over, b"no JSON")
    state = await over.looks.of(TENANT, "r1")
    assert (over.publisher.on(REPORTS), state and state.failures) == ([], 0)


async def test_the_dead_letter_goes_out_whatever_becomes_of_the_report() -> None:
    harness = AgentHarness()
    object.__setattr__(harness.looker, "store", Broken())
    await taken(harness, b"no JSON")


def test_the_worker_tells_of_requests_that_cannot_be_read() -> None:
    told = {s.topic.name: s.unreadable for d in DECLARATIONS for s in d.subscriptions if s.unreadable}
    assert told == {"requests": Planner.on_unreadable_request}
