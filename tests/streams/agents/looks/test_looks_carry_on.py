"""A later look goes on from the one before: its onset is tried again, and its shards are the same."""

from collections.abc import Callable
from typing import Any

from patternwatch.analysis.report.changes import summary_of
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.topics import REQUESTS, SHARDS
from tests.fakes.messages import STEP_MS
from tests.fakes.source import FakeSource
from tests.streams.look_harness import Worker, concluded_growing


class ChangingSource(FakeSource):
    """Has 24 series of five metrics; later two more, so that they would be packed otherwise."""

    async def count(self, *_: Any) -> dict[str, int]:
        self.calls += 1
        counts = {"metric_0": 6, "metric_1": 5, "metric_2": 5, "metric_3": 4, "metric_4": 4}
        return counts | ({"metric_3": 6} if self.calls > 2 else {})


def concluded_later(request: AnalysisRequest, *rest: Any) -> Report:
    """It says when it began, a little later in each look."""
    onset_ms = request.window.split_ms - (5 - request.look) * STEP_MS
    return concluded_growing(request, *rest).model_copy(update={"onset_ms": onset_ms})


async def grown(source: FakeSource, conclude: Callable[..., Report] = concluded_growing) -> Worker:
    worker = Worker(source, conclude=conclude)
    await worker.repeat()
    for _ in range(80):
        await worker.later(30)
    return worker


async def test_each_look_knows_when_it_began_by_the_look_before() -> None:
    worker = await grown(FakeSource(services=2), concluded_later)
    asked = [request.onset_ms for request in worker.harness.publisher.on(REQUESTS)]
    assert asked == [None, *(report.onset_ms for report in worker.reports[:-1])]
    assert len(set(asked)) == 5
    assert summary_of(worker.reports[-1]).onset_ms == worker.reports[-1].onset_ms


async def test_all_looks_at_a_report_have_the_same_shards() -> None:
    shards = (await grown(ChangingSource())).harness.publisher.on(SHARDS)
    looks = {shard.request.look for shard in shards}
    cuts = {tuple(s.matchers for s in shards if s.request.look == look) for look in looks}
    assert (len(looks), len(cuts)) == (5, 1)
    assert len(next(iter(cuts))) > 1
