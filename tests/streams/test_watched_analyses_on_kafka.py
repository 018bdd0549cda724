"""Analyses of a watched cluster on a real Kafka, two workers: whoever is asked, the owner has the answer."""

import time
from pathlib import Path

from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.cli.one_process import analyze
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings, KafkaSettings, WatchSettings
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import REPORTS, REQUESTS, SHARDS, TICKS
from patternwatch.streams.worker import Worker
from tests.fakes.live_source import STEP_MS, LiveSource
from tests.fakes.messages import TENANT
from tests.streams.kafka_test_client import KafkaTestClient, running, worker_settings

SETTINGS = AnalysisSettings(step_ms=STEP_MS, shard_series=10, rows=1200)
ASKED = SETTINGS.model_copy(update={"rows": 150})
"""Shorter windows than the watch holds, so that a busy machine may take its time."""
SELECTOR = '{cluster="shop"}'
WATCH = WatchSettings(name="shop", tenant=TENANT, selector=SELECTOR, interval_s=3, history_days=0.01)


class Asked(LiveSource):
    """Notes the windows that it is asked for."""

    def __init__(self, fault: Path) -> None:
        super().__init__(fault)
        self.windows = list[Window]()

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        self.windows.append(window)
        return await super().count(tenant, matchers, window)

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        self.windows.append(window)
        return await super().fetch(tenant, matchers, window)


def a_request(number: int, began_ms: int) -> AnalysisRequest:
    end_ms = began_ms + 20 * STEP_MS
    return request_for_selector(TENANT, SELECTOR, began_ms, end_ms, "", ASKED, end_ms + 60_000, f"r{number}")


def shards_held(worker: Worker) -> float:
    return worker.metrics.registry.get_sample_value("patternwatch_shards_of_watches_total") or 0.0


def judged(report: Report) -> tuple[object, ...]:
    """What it says of the series; their shapes are told by another model here."""
    found = [(finding.entity, finding.series_id, finding.score) for finding in report.findings]
    return report.counts, report.onset_ms, report.missing, sorted(found)


async def test_requests_to_any_worker_are_answered_by_the_owner_and_not_the_source(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    kafka_settings = kafka_settings.model_copy(update={"partitions": 4})
    settings = worker_settings(kafka_settings, analysis=SETTINGS, watches=(WATCH,))
    fault = tmp_path / "fault"
    now_ms = time.time_ns() // 1_000_000
    began_ms = now_ms - now_ms % STEP_MS - 20 * STEP_MS
    fault.write_text(str(began_ms))
    source = Asked(fault)
    async with (
        KafkaTestClient(kafka_settings) as client,
        running(settings, source) as first,
        running(settings, source) as second,
    ):

        def owner() -> Worker | None:
            """The one whose watch looks back as far as an analysis does."""
            for worker in (first, second):
                held = worker.metrics.registry.get_sample_value(
                    "patternwatch_kept_samples", {"reader": "watches"}
                )
                if held and worker.assigned.owns(TICKS, TENANT, WATCH.name):
                    return worker
            return None

        await client.until("an owner of the watch", lambda: len(first.partitions | second.partitions) == 20)
        await client.until("its tail", owner)
        has = owner()
        assert has is not None
        watched = has._agents.planner.watched  # what it holds is seen by nobody else
        requests = [a_request(n, began_ms) for n in range(6)]
        end_ms = requests[0].window.end_ms

        def holds_it_whole() -> bool:
            """A watch also serves a window of which the last rows are newer than its tail."""
            found = watched.of_request(requests[0])
            return found is not None and found[1].tail.newest_ms >= end_ms

        await client.until("its past, and the last row", holds_it_whole)
        (other,) = {first, second} - {has}
        goes_on = other._agents.planner.watched.elsewhere
        await client.until("the other to know", lambda: goes_on(requests[0]) is not None)
        keys = [(REQUESTS, TENANT, request.request_id) for request in requests]
        await client.until(
            "some to come to the other one",
            lambda: {has.assigned.owns(*key) for key in keys} == {True, False},
        )
        for request in requests:
            await client.send(REQUESTS, request)
        ids = {request.request_id for request in requests}
        await client.until("the reports", lambda: ids <= {r.report_id for r in client.on(REPORTS, Report)})
        assert not {request.window for request in requests} & set(source.windows)
        shards = [shard for shard in client.on(SHARDS, Shard) if shard.request.request_id in ids]
        assert {shard.watch for shard in shards} == {WATCH.name}
        # By both: on a busy machine the watch may change its owner in between, and goes on there.
        assert shards_held(has) + shards_held(other) >= len(shards) == 5 * len(requests)
        wanted = await analyze(source, requests[0], SETTINGS)
        assert wanted.entities[0].entity == "cart"
        reports = [report for report in client.on(REPORTS, Report) if report.report_id in ids]
        for report in reports:
            assert report.status == "complete"
            assert judged(report) == judged(wanted)
