"""The feed and the publisher on a real Kafka."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from patternwatch.api.app import create_app
from patternwatch.api.context import AppContext
from patternwatch.api.main import context_for
from patternwatch.api.role import API_ROLE
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import BrokerUnavailableError, InputError
from patternwatch.contracts.settings import KafkaSettings, TenantSettings
from patternwatch.contracts.topics import ALERTS, PROGRESS, REPORTS, REQUESTS, Topic, record_key
from patternwatch.kafka.delivery import GiveUpAfter
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topics import ensure_topics
from tests.fakes.messages import a_progress, a_report, a_request, an_alert
from tests.support import free_port

REPORT = "/api/v1/tenants/a/reports/r1"


@pytest.fixture
async def on_kafka(kafka_settings: KafkaSettings, tmp_path: Path) -> ApiSettings:
    await ensure_topics(kafka_settings)
    return ApiSettings(
        kafka=kafka_settings,
        tenants=(TenantSettings(id="a"),),
        database_url=f"sqlite+aiosqlite:///{tmp_path}/read_model.db",
        feed_retry_s=0.1,
    )


@asynccontextmanager
async def api(settings: ApiSettings) -> AsyncIterator[tuple[AppContext, httpx.AsyncClient]]:
    """A whole API, feed and all, without its socket."""
    context = context_for(settings)
    app = create_app(context)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
    ):
        yield context, client


@asynccontextmanager
async def worker(
    settings: ApiSettings,
) -> AsyncIterator[Callable[[Topic, str, bytes | None], Awaitable[None]]]:
    """Sends records the way that workers do."""
    publisher = KafkaPublisher(settings.kafka, "test", GiveUpAfter(10, API_ROLE.consumes))

    async def send(topic: Topic, key: str, value: bytes | None) -> None:
        await publisher.send(topic, record_key("a", key), value)

    yield send
    await publisher.close()


async def until(what: str, probe: Callable[[], Awaitable[object]], deadline_s: float = 60.0) -> None:
    try:
        async with asyncio.timeout(deadline_s):
            while not await probe():
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"waited {deadline_s} s in vain for {what}")


def answers(client: httpx.AsyncClient, path: str, status: int) -> Callable[[], Awaitable[bool]]:
    async def probe() -> bool:
        return (await client.get(path)).status_code == status

    return probe


async def test_what_workers_send_is_served(on_kafka: ApiSettings) -> None:
    async with api(on_kafka) as (_, client), worker(on_kafka) as send:
        await send(ALERTS, "f1", encode(an_alert()))
        await send(REQUESTS, "r1", encode(a_request(alert=an_alert())))
        await send(PROGRESS, "r1", encode(a_progress("analysing", done=1, of=2)))
        await send(REPORTS, "r1", encode(a_report(alert=an_alert())))
        await until("the report", answers(client, REPORT, 200))
        await until("readiness", answers(client, "/health/ready", 200))

        async def shown() -> bool:
            alerts = (await client.get("/api/v1/tenants/a/alerts")).json()["alerts"]
            return bool(alerts) and alerts[0]["report_id"] == "r1"

        await until("the alert with its report", shown)
        analysis = (await client.get("/api/v1/tenants/a/analyses/r1")).json()
        assert (analysis["stage"], analysis["report_id"]) == ("concluded", "r1")


async def test_a_restart_goes_on_exactly_where_it_was(on_kafka: ApiSettings) -> None:
    async with worker(on_kafka) as send:
        await send(REPORTS, "r1", encode(a_report()))
        async with api(on_kafka) as (_, client):
            await until("the first report", answers(client, REPORT, 200))
        await send(REPORTS, "r2", encode(a_report(report_id="r2")))
        async with api(on_kafka) as (context, client):
            await until("the second report", answers(client, REPORT.replace("r1", "r2"), 200))

            async def counted() -> bool:  # after it can be read
                told = (await client.get("/metrics")).text
                return 'patternwatch_api_feed_records_total{topic="reports"} 1.0' in told

            await until("its count, of one record", counted)
            assert (await client.get(REPORT)).status_code == 200
            assert context.feed_state.check().ok


async def test_a_lost_database_is_built_again_without_what_was_deleted(
    on_kafka: ApiSettings, tmp_path: Path
) -> None:
    async with worker(on_kafka) as send:
        for report_id in ("r1", "r2", "r3"):
            await send(REPORTS, report_id, encode(a_report(report_id=report_id)))
        await send(REPORTS, "r3", encode(a_report(report_id="r3", revision=2)))
        async with api(on_kafka) as (_, client):
            await until("the reports", answers(client, REPORT.replace("r1", "r2"), 200))
            await until("all of them", answers(client, REPORT, 200))
            assert (await client.delete(REPORT)).status_code == 204
            assert (await client.get(REPORT)).status_code == 404
        for file in tmp_path.glob("read_model.db*"):
            file.unlink()
        async with api(on_kafka) as (context, client):

            async def caught_up() -> bool:
                positions = await context.read_model.positions(
                    (await context.publisher.send(ALERTS, b"a/x", None)).cluster
                )
                at = [n for (topic, _), n in positions.items() if topic.endswith("reports")]
                return sum(at) == 5

            await until("the end of the topic", caught_up)
            reports = (await client.get("/api/v1/tenants/a/reports")).json()["reports"]
            assert {(r["report_id"], r["revision"]) for r in reports} == {("r2", 1), ("r3", 2)}


async def test_a_webhook_comes_back_by_the_topic(on_kafka: ApiSettings) -> None:
    body = {
        "version": "4",
        "alerts": [{"status": "firing", "labels": {"alertname": "A"}, "startsAt": "2026-11-23T09:20:44Z"}],
    }
    async with api(on_kafka) as (context, client):
        answer = await client.post("/api/v1/tenants/a/webhooks/alertmanager", json=body)
        assert answer.status_code == 202

        async def consumed() -> bool:
            return 'feed_records_total{topic="alerts"} 1.0' in context.metrics.exposition().decode()

        await until("the alert by the feed", consumed)
        assert len((await client.get("/api/v1/tenants/a/alerts")).json()["alerts"]) == 1


async def test_a_record_that_is_not_ours_is_counted_and_passed_over(on_kafka: ApiSettings) -> None:
    async with api(on_kafka) as (context, client), worker(on_kafka) as send:
        await send(REPORTS, "r1", b"not ours")
        await send(REPORTS, "r1", encode(a_report()).replace(b'"schema_version":2', b'"schema_version":9', 1))
        for number in (b"1" + b"0" * 30, b"9300000000000000000"):  # beyond 64 bits, beyond 63
            late = encode(a_report()).replace(
                b'"published_at_ms":', b'"published_at_ms":' + number + b',"x":'
            )
            await send(REPORTS, "r1", late)
        await send(REPORTS, "r1", encode(a_report()))
        await until("the good report", answers(client, REPORT, 200))
        text = context.metrics.exposition().decode()
        for error, count in (("UndecodableError", 2), ("SchemaVersionError", 1), ("OverflowError", 1)):
            assert f'feed_rejected_total{{error="{error}",topic="reports"}} {count}.0' in text


async def test_the_feed_waits_for_topics_that_workers_make(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    settings = ApiSettings(
        kafka=kafka_settings,
        tenants=(TenantSettings(id="a"),),
        database_url=f"sqlite+aiosqlite:///{tmp_path}/read_model.db",
        feed_retry_s=0.1,
    )
    async with api(settings) as (_, client):
        await until("the feed's first failure", feed_says(client, "lacks the topics"))
        answer = await client.post("/api/v1/tenants/a/analyses", json={"selector": "up"})
        assert answer.status_code == 503
        assert "patternwatch worker" in answer.json()["remedy"]
        await ensure_topics(kafka_settings)
        await until("readiness", answers(client, "/health/ready", 200))


def feed_says(client: httpx.AsyncClient, words: str) -> Callable[[], Awaitable[bool]]:
    async def probe() -> bool:
        answer = (await client.get("/health/ready")).json()
        return words in answer["checks"]["feed"]["reason"]

    return probe


async def test_a_record_that_is_too_large_is_the_callers_mistake(on_kafka: ApiSettings) -> None:
    publisher = KafkaPublisher(on_kafka.kafka, "test", GiveUpAfter(10, API_ROLE.consumes))
    with pytest.raises(InputError, match="larger than Kafka takes"):
        await publisher.send(ALERTS, b"a/f", b"x" * 2_000_000)
    await publisher.close()


async def test_a_broker_that_is_away_is_said_so_in_time(tmp_path: Path) -> None:
    settings = ApiSettings(
        kafka=KafkaSettings(bootstrap=f"127.0.0.1:{free_port()}"),
        database_url=f"sqlite+aiosqlite:///{tmp_path}/read_model.db",
        publish_timeout_s=2,
        feed_retry_s=0.1,
    )
    publisher = KafkaPublisher(settings.kafka, "test", GiveUpAfter(2, API_ROLE.consumes))
    with pytest.raises(BrokerUnavailableError, match=settings.kafka.bootstrap):
        await publisher.ping()
    with pytest.raises(BrokerUnavailableError, match=settings.kafka.bootstrap):
        await publisher.send(ALERTS, b"a/f", b"{}")
    await publisher.close()
    async with api(settings) as (_, client):
        await until("the feed's failure", feed_says(client, settings.kafka.bootstrap))
        assert (await client.get("/api/v1/tenants/default/reports")).status_code == 200
        answer = await client.get("/health/ready")
        assert answer.status_code == 503
        checks = answer.json()["checks"]
        assert checks["database"]["ok"]
        assert settings.kafka.bootstrap in checks["broker"]["reason"]
