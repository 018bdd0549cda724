"""Looks on a real broker: what was analysed outlives the worker, a report grows until its alert resolves."""

from patternwatch.contracts.errors import SourceRefusedError
from patternwatch.contracts.looks import Look
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings, KafkaSettings
from patternwatch.contracts.topics import ALERTS, LOOKS, REPORTS, REQUESTS
from tests.fakes.messages import an_alert
from tests.fakes.source import FakeSource
from tests.streams.kafka_test_client import KafkaTestClient, running, worker_settings
from tests.streams.test_worker_on_kafka import fired_just_now

QUICK = AnalysisSettings(shard_series=10, step_ms=1000)
"""With rows of a second, the quarter of the current part is there after a quarter of a minute."""


def is_over(client: KafkaTestClient) -> bool:
    """Whether the last record of the topic says that no look follows, since its alert has resolved."""
    looks = client.on(LOOKS, Look)
    return bool(looks) and looks[-1].is_over and looks[-1].has_resolved


async def test_a_report_grows_over_a_restart_until_its_alert_resolves(kafka_settings: KafkaSettings) -> None:
    settings = worker_settings(kafka_settings, analysis=QUICK)
    alert = fired_just_now() | {"fingerprint": "f1"}
    alert["starts_at_ms"] = alert["received_at_ms"]
    async with KafkaTestClient(kafka_settings) as client:

        def reports() -> list[Report]:
            return client.on(REPORTS, Report)

        async with running(settings):
            await client.send(ALERTS, an_alert(**alert))
            await client.until("a second look", lambda: len(reports()) >= 2)
        asked = len({(r.request_id, r.look) for r in client.on(REQUESTS, AnalysisRequest)})
        async with running(settings):
            await client.send(ALERTS, an_alert(**alert))
            await client.until("a third look, by the next worker", lambda: len(reports()) >= 3)
            await client.send(ALERTS, an_alert(**alert | {"status": "resolved"}))
            await client.until("its end", lambda: is_over(client))
        assert asked >= 2
        revisions = [report.revision for report in reports()]
        assert revisions == sorted(set(revisions)), "each revision once, each higher than the one before"
        assert {report.report_id for report in reports()} == {reports()[0].report_id}
        assert all(report.changes for report in reports()[1:])
        last = reports()[-1]
        assert (last.next_look_ms, last.alert and last.alert.status) == (None, "resolved")


async def test_a_failed_analysis_is_tried_again_when_its_alert_is_repeated(
    kafka_settings: KafkaSettings,
) -> None:
    source = FakeSource(errors=[SourceRefusedError("Cortex says no", status=403)] * 99_999)
    alert = fired_just_now()
    async with KafkaTestClient(kafka_settings) as client, running(worker_settings(kafka_settings), source):
        await client.send(ALERTS, an_alert(**alert))
        await client.until("a failure", lambda: client.on(REPORTS, Report))
        source.errors.clear()
        await client.send(ALERTS, an_alert(**alert))
        await client.until("a report", lambda: len(client.on(REPORTS, Report)) >= 2)
        early, late = client.on(REPORTS, Report)
        assert (early.status, early.revision, late.status) == ("failed", 0, "complete")
        assert early.report_id == late.report_id
        assert client.on(LOOKS, Look)[0].revision == -1
