"""Records that come again, behind one that is not done: what is out already costs no scan and no report."""

from typing import Any

import pytest

from patternwatch.analysis.scan import scan
from patternwatch.contracts.looks import Look, RevisionSummary
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import SHARD_RESULTS, SHARDS
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_request, a_result
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import AgentHarness
from tests.streams.agents.reports.test_collector import DEADLINE_S, LATE_S, CollectorHarness

WHOLE = RevisionSummary(entities=[], flagged=0, analysed=1, missing=0)


def a_look(**told: Any) -> Look:
    request = a_request()
    return Look(
        **{"request": request, "look": 1, "revision": 1, "summary": WHOLE, "changed_ms": NOW_MS} | told
    )


@pytest.mark.parametrize(
    ("look", "is_out"),
    [
        (a_look(is_over=True), True),
        (a_look(due_ms=NOW_MS + 60_000), True),
        (a_look(look=2, summary=None), True),
        (a_look(look=0, revision=-1, summary=None), False),
        (a_look(summary=WHOLE.model_copy(update={"missing": 1})), False),
        (a_look(failures=1, due_ms=NOW_MS + 60_000), False),
        (a_look(revision=0, failures=1, summary=None, due_ms=NOW_MS + 60_000), False),
    ],
)
async def test_a_look_is_out_when_no_part_of_it_can_add_anything(look: Look, is_out: bool) -> None:
    harness = AgentHarness()
    assert not harness.looker.is_out(a_request())
    await harness.looks.put(look)
    assert harness.looker.is_out(a_request()) is is_out


async def test_a_shard_of_a_report_that_is_out_is_not_read_again() -> None:
    harness = AgentHarness()
    source = FakeSource()
    await harness.planner(source).on_request(a_request())
    shards = harness.publisher.on(SHARDS)
    await harness.looks.put(a_look(request=shards[0].request, is_over=True))
    asked = source.calls
    for shard in shards:
        await harness.analyst(source).on_shard(shard)
    assert source.calls == asked
    assert harness.publisher.on(SHARD_RESULTS) == []


async def test_a_shard_whose_result_is_on_kafka_is_not_scanned_twice_by_the_same_worker() -> None:
    scanned: list[str] = []

    def counting(shard: Shard, *rest: Any) -> ShardResult:
        scanned.append(shard.shard_id)
        return scan(shard, *rest)

    harness = AgentHarness()
    source = FakeSource()
    await harness.planner(source).on_request(a_request())
    shard = harness.publisher.on(SHARDS)[0]
    analyst = harness.analyst(source, counting)
    await analyst.on_shard(shard)
    await analyst.on_shard(shard)
    assert len(scanned) == 1
    window = shard.request.window.model_copy(update={"end_ms": shard.request.window.end_ms + 60_000})
    for told in ({"look": 1}, {"window": window}):
        await analyst.on_shard(shard.model_copy(update={"request": shard.request.model_copy(update=told)}))
    assert len(scanned) == 3, "another look and another plan are other work"


async def test_a_result_of_a_report_that_another_worker_published_makes_none() -> None:
    made = []

    def concluding(request: AnalysisRequest, *_: Any) -> Any:
        made.append(request)
        raise AssertionError("nobody asked for it")

    harness = CollectorHarness(concluding)
    await harness.give(a_result(number=0, of=2))
    await harness.harness.looks.put(a_look(is_over=True))
    await harness.give(a_result(number=1, of=2))
    assert (made, harness.reports) == ([], [])
    assert harness.acked == [0, 1], "what waited for it is acknowledged too"


async def test_a_part_that_never_comes_holds_no_offset_back_while_workers_come_and_go() -> None:
    harness = CollectorHarness()
    for _ in range(10):
        await harness.give(a_result(number=0, of=2))
        await harness.wait((DEADLINE_S + LATE_S) / 8)
        await harness.wait(0)
        if harness.acked:
            break
        harness.rebalance()
    assert [status for status, _ in harness.reports] == ["partial"]
    assert harness.acked == [0]
