"""The whole way through a real broker: alerts in, reports out, and nothing lost on it."""

import signal
import sys
import time
from pathlib import Path
from typing import get_args

import pytest

from patternwatch.analysis.labelling import example_from_report
from patternwatch.classifier.model import ShapeModel
from patternwatch.contracts.codec import encode
from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.errors import UnknownTenantError
from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.progress import Progress, Stage
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import AnalysisSettings, KafkaSettings, WatchSettings
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import (
    ALERTS,
    DEAD_LETTERS,
    LABELLED_EXAMPLES,
    PROGRESS,
    REPORTS,
    REQUESTS,
    SHARD_RESULTS,
    SHARDS,
    TICKS,
)
from patternwatch.kafka.topics import ensure_topics
from patternwatch.streams.settings import WorkerSettings
from tests.fakes.messages import STEP_MS, TENANT, a_request, a_result, a_shard, a_window, an_alert
from tests.fakes.source import FakeSource
from tests.streams.kafka_test_client import (
    KafkaTestClient,
    add_partitions,
    delete_topic,
    running,
    worker_settings,
)
from tests.support import running as process

REPOSITORY = Path(__file__).parents[2]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def fired_just_now(number: int = 0) -> dict[str, object]:
    now = now_ms()
    return {"fingerprint": f"f{number}", "starts_at_ms": now - 20 * STEP_MS, "received_at_ms": now}


async def test_an_alert_goes_in_and_a_report_comes_out(kafka_settings: KafkaSettings) -> None:
    async with KafkaTestClient(kafka_settings) as client, running(worker_settings(kafka_settings)):
        await client.send(ALERTS, an_alert(**fired_just_now()))
        await client.until("the end", lambda: [p for p in client.on(PROGRESS, Progress) if p.report_id])
        (report,) = client.on(REPORTS, Report)
        assert (report.status, report.trigger, report.tenant) == ("complete", "alert", TENANT)
        assert report.entities[0].entity == "service-2"
        assert report.alert is not None
        stages = [p.stage for p in client.on(PROGRESS, Progress)]
        assert stages == sorted(stages, key=get_args(Stage).index), "those that are over at once are not told"
        assert (stages[-1], stages.count("concluded")) == ("concluded", 1)


async def test_what_is_not_ours_goes_to_the_dead_letters_and_the_rest_flows(
    kafka_settings: KafkaSettings,
) -> None:
    async with KafkaTestClient(kafka_settings) as client, running(worker_settings(kafka_settings)):
        wrong = encode(an_alert().model_copy(update={"schema_version": 99}))
        for topic in (ALERTS, REQUESTS, SHARDS, SHARD_RESULTS):
            await client.send_raw(topic, b"no json")
            await client.send_raw(topic, wrong)
            await client.send_raw(topic, None)
        await client.send(ALERTS, an_alert(tenant="stranger"))
        await client.send(ALERTS, an_alert(**fired_just_now()))
        await client.until("a report", lambda: client.on(REPORTS, Report))
        await client.until("the letters", lambda: len(client.on(DEAD_LETTERS, DeadLetter)) >= 13)
        errors = [letter.error for letter in client.on(DEAD_LETTERS, DeadLetter)]
        assert sorted(set(errors)) == ["SchemaVersionError", "UndecodableError", "UnknownTenantError"]
        assert (len(errors), errors.count("SchemaVersionError")) == (13, 4)


async def test_a_topic_that_was_made_again_is_read_from_its_beginning(kafka_settings: KafkaSettings) -> None:
    """By a worker that has seen it go; one that has not would end for its supervisor."""
    async with KafkaTestClient(kafka_settings) as client, running(worker_settings(kafka_settings)) as worker:
        await client.send(ALERTS, an_alert(**fired_just_now()))
        await client.until("a report", lambda: client.on(REPORTS, Report))
        (first,) = {r.request_id for r in client.on(REPORTS, Report)}
        await delete_topic(kafka_settings, ALERTS)
        await client.until("its end", lambda: not [tp for tp in worker.partitions if "alerts" in tp[0]])
        await ensure_topics(kafka_settings)
        later = fired_just_now(1) | {"starts_at_ms": now_ms() - 200 * STEP_MS}
        await client.send(ALERTS, an_alert(**later))
        await client.until(
            "another one's report", lambda: {r.request_id for r in client.on(REPORTS, Report)} > {first}
        )


async def test_a_shard_that_never_comes_makes_a_partial_report_until_it_does(
    kafka_settings: KafkaSettings,
) -> None:
    settings = worker_settings(kafka_settings, analysis=AnalysisSettings(deadline_s=0.5))
    async with KafkaTestClient(kafka_settings) as client, running(settings):
        request = a_request()
        await client.send(SHARD_RESULTS, a_result(request, 0, 2, votes=[0] * request.window.rows))
        await client.until("a report", lambda: client.on(REPORTS, Report))
        await client.send(SHARDS, a_shard(request, 1, 2))
        await client.until("a revision", lambda: len(client.on(REPORTS, Report)) == 2)
        early, late = client.on(REPORTS, Report)
        assert [m.number for m in early.missing] == [1]
        assert (early.status, early.revision, late.status, late.revision) == ("partial", 1, "complete", 2)
        assert early.report_id == late.report_id


def process_settings(monkeypatch: pytest.MonkeyPatch, settings: WorkerSettings) -> None:
    """The environment of a worker in a process of its own."""
    for name, value in {
        "KAFKA__BOOTSTRAP": settings.kafka.bootstrap,
        "KAFKA__TOPIC_PREFIX": settings.kafka.topic_prefix,
        "KAFKA__PARTITIONS": str(settings.kafka.partitions),
        "ANALYSIS__SHARD_SERIES": "10",
        "GROUP": settings.group,
        "METRICS_PORT": "0",
        "TENANTS": f'[{{"id":"{TENANT}"}}]',
        "SESSION_TIMEOUT_S": f"{settings.session_timeout_s:g}",
    }.items():
        monkeypatch.setenv(f"PATTERNWATCH_{name}", value)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))


async def test_a_worker_that_is_killed_loses_nothing(
    kafka_settings: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = worker_settings(kafka_settings, session_timeout_s=6.0)
    process_settings(monkeypatch, settings)
    wanted = {f"r{n}" for n in range(6)}
    async with KafkaTestClient(kafka_settings) as client:
        for request_id in sorted(wanted):
            await client.send(REQUESTS, a_request(request_id))
        command = [sys.executable, "-m", "tests.streams.worker_process"]
        with process(command, tmp_path) as killed:
            await client.until("work in hand", lambda: _half_done(client))
            killed.send_signal(signal.SIGKILL)
        assert len(client.on(REPORTS, Report)) < len(wanted)
        async with running(settings):
            await client.until(
                "the rest", lambda: {r.request_id for r in client.on(REPORTS, Report)} == wanted
            )
        assert {r.status for r in client.on(REPORTS, Report)} == {"complete"}
        assert client.on(DEAD_LETTERS, DeadLetter) == []


async def test_a_shard_that_kills_its_workers_is_set_aside_after_two_of_them(
    kafka_settings: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = worker_settings(kafka_settings, session_timeout_s=6.0)
    process_settings(monkeypatch, settings)
    command = [sys.executable, "-m", "tests.streams.worker_process", "deadly"]
    async with KafkaTestClient(kafka_settings) as client:
        await client.send(REQUESTS, a_request())
        await _two_are_killed(client, command, tmp_path)
        with process(command, tmp_path / "last") as living:
            await client.until("a report", lambda: client.on(REPORTS, Report))
            (report,) = client.on(REPORTS, Report)
            assert (report.status, report.revision) == ("partial", 4), "its neighbours are there"
            (missing,) = report.missing
            assert "begun 2 times, and each time its worker died" in missing.reason
            assert living.poll() is None
        assert client.on(DEAD_LETTERS, DeadLetter) == []


async def test_lone_parts_outlive_their_workers_and_the_one_that_kills_them_is_set_aside(
    kafka_settings: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request is one metric, and so one part: nothing of it is on Kafka but the request itself."""
    settings = worker_settings(kafka_settings, session_timeout_s=6.0)
    process_settings(monkeypatch, settings)
    command = [sys.executable, "-m", "tests.streams.worker_process", "deadly"]
    async with KafkaTestClient(kafka_settings) as client:
        for number in range(5):
            await client.send(REQUESTS, a_request(f"r{number}", matchers=the_metric(f"metric_{number}")))
        await _two_are_killed(client, command, tmp_path)
        with process(command, tmp_path / "last") as living:
            await client.until("all", lambda: len({r.request_id for r in client.on(REPORTS, Report)}) == 5)
            assert living.poll() is None
        reports = {report.request_id: report for report in client.on(REPORTS, Report)}
        failed = reports.pop("r3")
        assert (failed.status, failed.revision) == ("failed", 0)
        assert "begun 2 times, and each time its worker died" in failed.reason
        assert {(r.status, r.revision) for r in reports.values()} == {("complete", 1)}
        assert client.on(SHARDS, Shard) == []
        assert client.on(DEAD_LETTERS, DeadLetter) == []


async def _two_are_killed(client: KafkaTestClient, command: list[str], folder: Path) -> None:
    """Two workers, one after the other, each killed by what it works on."""
    for number in range(2):
        with process(command, folder / str(number)) as dying:
            await client.until(f"death {number}", lambda: dying.poll() is not None)
            assert dying.returncode == -signal.SIGKILL


def the_metric(name: str) -> tuple[Matcher, ...]:
    return (Matcher(name="__name__", value=name),)


def _half_done(client: KafkaTestClient) -> bool:
    """Whether some request has results but not all of them."""
    stages = {p.request_id: p.stage for p in client.on(PROGRESS, Progress)}
    return "analysing" in stages.values()


async def test_two_workers_share_the_load(kafka_settings: KafkaSettings) -> None:
    kafka_settings = kafka_settings.model_copy(update={"partitions": 4})
    settings = worker_settings(kafka_settings)
    one, two = FakeSource(), FakeSource()
    async with (
        KafkaTestClient(kafka_settings) as client,
        running(settings, one) as first,
        running(settings, two) as second,
    ):
        await client.until("an even deal", lambda: first.partitions and second.partitions)
        await client.until("a whole deal", lambda: len(first.partitions | second.partitions) == 20)
        assert not first.partitions & second.partitions
        for number in range(8):
            await client.send(REQUESTS, a_request(f"r{number}"))
        await client.until("all", lambda: len({r.request_id for r in client.on(REPORTS, Report)}) == 8)
        assert one.calls > 5
        assert two.calls > 5


async def test_more_partitions_under_a_running_worker_lose_nothing(kafka_settings: KafkaSettings) -> None:
    async with KafkaTestClient(kafka_settings) as client, running(worker_settings(kafka_settings)) as worker:
        for number in range(3):
            await client.send(REQUESTS, a_request(f"before{number}"))
        await add_partitions(kafka_settings, 6, REQUESTS, SHARDS)
        await client.until("them", lambda: len([tp for tp in worker.partitions if "requests" in tp[0]]) == 6)
        async with KafkaTestClient(kafka_settings) as later:  # a sender that knows the new ones
            for number in range(12):
                await later.send(REQUESTS, a_request(f"after{number}"))
            await later.until("all", lambda: len({r.request_id for r in later.on(REPORTS, Report)}) == 15)
            assert {r.status for r in later.on(REPORTS, Report)} == {"complete"}
            assert later.on(DEAD_LETTERS, DeadLetter) == []


async def test_of_two_workers_each_look_and_each_watch_has_one_owner(kafka_settings: KafkaSettings) -> None:
    """Also where its partition is not that of the group's leader: else nobody would ever ask for it."""
    kafka_settings = kafka_settings.model_copy(update={"partitions": 4})
    settings = worker_settings(kafka_settings)
    keys = [(topic, TENANT, f"r{n}") for topic in (REQUESTS, TICKS) for n in range(20)]
    async with (
        KafkaTestClient(kafka_settings) as client,
        running(settings) as first,
        running(settings) as second,
    ):

        def owners() -> list[int]:
            return [first.assigned.owns(*key) + second.assigned.owns(*key) for key in keys]

        await client.until("a whole deal", lambda: len(first.partitions | second.partitions) == 20)
        await client.until("an owner of each", lambda: all(owners()))
        assert owners() == [1] * len(keys)
        assert {first.assigned.owns(*key) for key in keys} == {True, False}
        for _, *ticks in keys:
            beside = first.assigned.beside(SHARDS, TICKS, *ticks)
            assert beside is not None
            assert first.assigned.owns(TICKS, *ticks) == first.assigned.has(SHARDS, beside)


async def test_a_long_window_fits(kafka_settings: KafkaSettings) -> None:
    settings = worker_settings(kafka_settings, analysis=AnalysisSettings(rows=1200, shard_series=1000))
    now = now_ms()
    window = a_window(now).ending(now, now - 100 * STEP_MS, STEP_MS, rows=1200)
    async with KafkaTestClient(kafka_settings) as client, running(settings, FakeSource(services=9, each=9)):
        await client.send(REQUESTS, a_request(window=window))
        await client.until("a report", lambda: client.on(REPORTS, Report))
        assert client.on(REPORTS, Report)[0].status == "complete"


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="stall_timeout_s"):
        WorkerSettings(stall_timeout_s=10)
    with pytest.raises(UnknownTenantError):
        WorkerSettings(watches=(WatchSettings(name="a", tenant="x", selector='{a="b"}'),))


async def test_what_was_taught_counts_in_the_very_next_report(kafka_settings: KafkaSettings) -> None:
    model = ShapeModel.load()
    async with KafkaTestClient(kafka_settings) as client:
        async with running(worker_settings(kafka_settings), model=model):
            await client.send(REQUESTS, a_request("r1"))
            await client.until("a report", lambda: client.on(REPORTS, Report))
            first = client.on(REPORTS, Report)[0]
            assert {f.taught for f in first.findings} == {None}
            example = example_from_report(first, "1", "our nightly batch", labelled_at_ms=1)
            theirs = example.model_copy(update={"tenant": "other", "name": "theirs"})
            await client.send(LABELLED_EXAMPLES, theirs)
            await client.send(LABELLED_EXAMPLES, example)
            await client.send(REQUESTS, a_request("r2"))
            await client.until("another", lambda: len(client.on(REPORTS, Report)) == 2)
        async with running(worker_settings(kafka_settings, group="restarted"), model=model):
            await client.send(REQUESTS, a_request("r3"))  # the two that are done are not made again
            await client.until("one after a restart", lambda: len(client.on(REPORTS, Report)) == 3)
    for report in client.on(REPORTS, Report)[1:]:
        names = {f.taught.name for f in report.findings if f.taught}
        assert names == {"our nightly batch"}
        taught = report.findings[0].taught
        assert taught is not None
        assert taught.example_id == example.example_id
        assert {f.model for f in report.findings} == {model.version} == {report.model}
        assert report.taught["our nightly batch"] >= 1
