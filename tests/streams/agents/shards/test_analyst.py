"""Whatever becomes of a shard, its result is published: what was found, or why nothing was."""

from typing import Any

import numpy as np
import pytest

from patternwatch.contracts.base import Message
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import RecordTooLargeError, SourceLimitError, SourceUnavailableError
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.shard_results import Candidate, ShardResult
from patternwatch.contracts.topics import SHARD_RESULTS
from patternwatch.cortex.partial_answers import tell
from patternwatch.streams.agents.shards.analyst import fitted
from tests.fakes.messages import TENANT, a_result, a_shard
from tests.fakes.publisher import FakePublisher
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import AgentHarness


async def test_a_shard_is_fetched_and_scanned() -> None:
    harness = AgentHarness()
    await harness.analyst(FakeSource()).on_shard(a_shard())
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert (result.status, result.series, result.analysed) == ("ok", 30, 30)
    assert {c.labels["service"] for c in result.candidates[:5]} == {"service-2"}
    value = harness.metrics.registry.get_sample_value
    assert value("patternwatch_series_analysed_total", {"tenant": TENANT}) == 30
    assert value("patternwatch_stage_seconds_count", {"stage": "scan"}) == 1


async def test_a_shard_that_compares_reads_the_day_before_too() -> None:
    harness, source, shard = AgentHarness(), FakeSource(), a_shard()
    compared = shard.model_copy(update={"request": shard.request.model_copy(update={"compare": "day"})})
    await harness.analyst(source).on_shard(compared)
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert source.calls == 2
    # the day before moved alike: five series of one service
    assert (result.compared, result.suppressed_by_season, result.flagged) == (30, 5, 0)


@pytest.mark.parametrize(
    "errors", [[SourceLimitError("Over 4 MiB")], [SourceUnavailableError("Over and out")] * 99]
)
async def test_a_source_that_gives_nothing_is_a_failed_result(errors: list[Exception]) -> None:
    harness = AgentHarness()
    await harness.analyst(FakeSource(errors=errors)).on_shard(a_shard(number=1, of=3))
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert (result.status, result.number, result.of) == ("failed", 1, 3)
    assert "Over" in result.reason


async def test_series_that_were_counted_and_did_not_come_are_a_failed_result() -> None:
    """One of two servers behind an address that has lost its disk gives a whole answer without any series."""
    harness = AgentHarness()
    shard = a_shard(number=1, of=3)
    await harness.analyst(FakeSource(services=0)).on_shard(shard)
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert (result.status, result.number) == ("failed", 1)
    said = f"The source gave none of the {shard.expected_series} series that it had counted"
    assert result.reason.startswith(said)
    none = shard.model_copy(update={"expected_series": 0})
    await harness.analyst(FakeSource(services=0)).on_shard(none)
    assert harness.publisher.on(SHARD_RESULTS)[-1].status == "ok"


async def test_what_the_source_left_out_goes_along_with_the_result() -> None:
    class Partial(FakeSource):
        async def fetch(self, *asked: Any) -> SeriesBatch:
            tell("a store is down")
            return await super().fetch(*asked)

    harness = AgentHarness()
    await harness.analyst(Partial()).on_shard(a_shard())
    await harness.analyst(Partial(services=0)).on_shard(a_shard())
    for result in harness.publisher.on(SHARD_RESULTS):
        assert (result.status, result.partial_answers) == ("ok", ["a store is down"])


async def test_what_nobody_foresaw_while_fetching_is_a_failed_result_and_an_error() -> None:
    harness = AgentHarness()
    with pytest.raises(TypeError):
        await harness.analyst(FakeSource(errors=[TypeError("null")])).on_shard(a_shard(number=1, of=3))
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert (result.status, result.number) == ("failed", 1)
    assert result.reason == "Reading the series failed: TypeError: null"


async def test_a_fault_of_ours_is_a_failed_result_and_an_error() -> None:
    def broken(*_: object) -> ShardResult:
        raise ZeroDivisionError("oh")

    harness = AgentHarness()
    with pytest.raises(ZeroDivisionError):
        await harness.analyst(FakeSource(), scan=broken).on_shard(a_shard())
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert result.reason == "The scan failed: ZeroDivisionError: oh"


def test_a_result_that_is_too_large_keeps_its_first_candidates() -> None:
    candidates = [
        Candidate(
            labels={"n": str(n)},
            derivation="",
            category="other",
            screening_score=float(n % 7),
            values=np.zeros(300, dtype=np.float32),
        )
        for n in range(100)
    ]
    large = a_result(candidates=candidates)
    small, encoded = fitted(large, 50_000)
    assert encoded == encode(small)
    assert len(encoded) <= 50_000
    kept = [c.screening_score for c in small.candidates]
    assert kept == [c.screening_score for c in candidates][: len(kept)]
    assert len(kept) > 20
    assert fitted(small, 50_000) == (small, encoded)


async def test_a_result_that_its_topic_refuses_is_sent_with_fewer_candidates() -> None:
    def refuse(message: Message) -> None:
        if isinstance(message, ShardResult) and len(message.candidates) > 9:
            raise RecordTooLargeError("It is larger than Kafka takes")

    harness = AgentHarness(FakePublisher(refuse))
    one = Candidate(
        labels={}, derivation="", category="other", screening_score=1.0, values=np.zeros(300, np.float32)
    )
    made = a_result(candidates=[one.model_copy(update={"labels": {"n": str(n)}}) for n in range(20)])
    await harness.analyst(FakeSource(), scan=lambda *_: made).on_shard(a_shard())
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert result.status == "ok"
    assert [c.labels["n"] for c in result.candidates] == [str(n) for n in range(len(result.candidates))]
    assert 5 <= len(result.candidates) <= 9
