"""From the request to the report over a Kafka with TLS, logins and ACLs; and what a worker lacks there."""

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from patternwatch.api.app import create_app
from patternwatch.api.main import context_for
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.errors import BrokerRefusedError
from patternwatch.contracts.settings import KafkaSettings, TenantSettings
from patternwatch.contracts.topics import ALERTS, SHARDS
from patternwatch.kafka.preflight import check_kafka
from patternwatch.kafka.topics import topic_name
from patternwatch.streams.agents.declarations import ROLES
from patternwatch.streams.worker import Worker
from tests.fakes.messages import TENANT
from tests.fakes.shapes import FakeShapes
from tests.fakes.source import FakeSource
from tests.secure_kafka import (
    READ,
    TOPIC,
    WRITE,
    SecureKafka,
    allowed,
    grant,
    revoke,
    secure_kafka,
    token,
    until_lacking,
)
from tests.streams.kafka_test_client import running, worker_settings


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    with secure_kafka(tmp_path_factory.mktemp("secure")) as broker:
        yield broker


def api_over(settings: KafkaSettings, folder: Path) -> FastAPI:
    """An API over this Kafka, with a read model in the folder."""
    api = ApiSettings(
        kafka=settings,
        tenants=(TenantSettings(id=TENANT),),
        database_url=f"sqlite+aiosqlite:///{folder}/read_model.db",
        feed_retry_s=0.1,
    )
    return create_app(context_for(api))


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN", "OAUTHBEARER", "certificate"])
async def test_an_analysis_goes_from_its_request_to_its_report(
    secure: SecureKafka, tmp_path: Path, mechanism: str
) -> None:
    prefix = f"t{uuid.uuid4().hex[:8]}."
    no_login = {"mechanism": None, "username": None, "password": None}
    (tmp_path / "token").write_text(token("us", 300))
    ways = {
        "OAUTHBEARER": no_login | {"mechanism": "OAUTHBEARER", "token_file": tmp_path / "token"},
        "certificate": no_login | {"protocol": "SSL", "client_certificate_file": secure.folder / "us.pem"},
    }
    settings = secure.settings(prefix, **ways.get(mechanism, {"mechanism": mechanism}))
    await allowed(secure, settings)
    app = api_over(settings, tmp_path)
    async with (
        running(worker_settings(settings)),
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
    ):
        asked = await client.post(f"/api/v1/tenants/{TENANT}/analyses", json={"selector": '{cluster="shop"}'})
        assert asked.status_code == 202, asked.text
        request_id = asked.json()["request_id"]
        async with asyncio.timeout(60):
            while (await client.get(f"/api/v1/tenants/{TENANT}/reports/{request_id}")).status_code != 200:
                await asyncio.sleep(0.05)


async def test_an_api_that_may_send_no_more_is_not_ready_and_says_why(
    secure: SecureKafka, tmp_path: Path
) -> None:
    settings = secure.settings(f"t{uuid.uuid4().hex[:8]}.")
    await allowed(secure, settings)
    app = api_over(settings, tmp_path)
    order = {"selector": '{cluster="shop"}', "anew": True}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
    ):

        async def until_asked(status: int) -> None:
            async with asyncio.timeout(60):
                while (
                    await client.post(f"/api/v1/tenants/{TENANT}/analyses", json=order)
                ).status_code != status:
                    await asyncio.sleep(0.1)

        async def ready() -> dict[str, Any]:
            return (await client.get("/health/ready")).json()  # type: ignore[no-any-return]

        await until_asked(202)
        assert (await ready())["checks"]["sending"]["ok"]
        await revoke(secure, TOPIC, settings.topic_prefix, WRITE)
        await until_lacking(settings, ALERTS, "WRITE")
        await until_asked(503)
        told = await ready()
        assert not told["ready"]
        assert "does not let this client use the topic" in told["checks"]["sending"]["reason"]
        await grant(secure, TOPIC, settings.topic_prefix, WRITE)
        await until_lacking(settings, ALERTS)
        await until_asked(202)
        assert (await ready())["checks"]["sending"]["ok"]


async def test_the_doctor_and_a_worker_say_which_rights_are_missing(secure: SecureKafka) -> None:
    settings = secure.settings(f"t{uuid.uuid4().hex[:8]}.")
    await allowed(secure, settings)
    group = worker_settings(settings).group
    sound = {check.name: check for check in await check_kafka(settings, ROLES, group)}
    assert {check.verdict for check in sound.values()} == {"ok"}, sound
    assert "SASL_SSL SCRAM-SHA-512" in sound["reachable"].finding
    shards = topic_name(settings, SHARDS)
    await revoke(secure, TOPIC, settings.topic_prefix, READ)
    await until_lacking(settings, ALERTS, "READ")
    found = {check.name: check for check in await check_kafka(settings, ROLES, "other")}["rights"]
    assert found.verdict == "fail"
    assert f"READ on topic {shards}" in found.finding
    assert "READ on group other" in found.finding
    worker = Worker(worker_settings(settings, group="other"), FakeSource(), FakeShapes())
    try:
        with pytest.raises(BrokerRefusedError, match=f"READ on topic {shards}.*READ on group other"):
            await worker.start()
    finally:
        await worker.close()


async def test_a_worker_that_may_not_make_the_topics_says_so(secure: SecureKafka) -> None:
    settings = secure.settings(f"t{uuid.uuid4().hex[:8]}.")
    (check,) = [c for c in await check_kafka(settings, ROLES, "g1") if c.name == "rights"]
    assert "DESCRIBE, READ, WRITE on topic" in check.finding
    worker = Worker(worker_settings(settings), FakeSource(), FakeShapes())
    try:
        with pytest.raises(BrokerRefusedError, match="nor lets it create it"):
            await worker.start()
    finally:
        await worker.close()
