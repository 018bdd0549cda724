"""The AsyncAPI document names exactly the topics that each part writes and reads: seen on a real Kafka."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from patternwatch.api.settings import ApiSettings
from patternwatch.cli.docs.contracts import documents
from patternwatch.cli.times import timestamp
from patternwatch.contracts.attempts import Attempt
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.settings import (
    AnalysisSettings,
    KafkaSettings,
    TenantSettings,
    WatchSettings,
)
from patternwatch.contracts.topics import ALERTS, ATTEMPTS, PROGRESS, TOPICS
from patternwatch.streams import wiring
from patternwatch.streams.clock import now_ms
from patternwatch.streams.worker import Worker
from patternwatch.watch.episodes.observation import Observation, Opening
from tests.api.test_feed_on_kafka import api
from tests.fakes.bank import FakeBanks
from tests.fakes.messages import STEP_MS, TENANT, a_progress, an_example
from tests.streams.kafka_test_client import DEADLINE_S, KafkaTestClient, running, worker_settings
from tests.streams.kafka_traffic import Traffic, record_traffic

URL = f"/api/v1/tenants/{TENANT}"
WATCH = WatchSettings(name="shop", tenant=TENANT, selector='{cluster="shop"}', interval_s=0.5, history_days=0)
EACH_SERVICE = WatchSettings(
    name="each", tenant=TENANT, selector='{cluster="shop"}', each="service", interval_s=1
)
ANALYSIS = AnalysisSettings(shard_series=10, step_ms=1000)
"""With a new row at every other tick: an episode is asked for one tick after it opens."""
LEFT_BEHIND = Attempt(tenant=TENANT, work="shard/of-a-worker-that-died", tries=1, at_ms=0)


async def test_every_topic_that_is_written_or_read_is_declared_and_every_declaration_is_used(
    kafka_settings: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    traffic = record_traffic(monkeypatch, kafka_settings.topic_prefix)
    monkeypatch.setattr(wiring, "Banks", lambda: FakeBanks(trouble).banks)
    declared = set(json.loads(documents()["asyncapi.json"])["operations"])
    for_api = ApiSettings(
        kafka=kafka_settings,
        tenants=(TenantSettings(id=TENANT),),
        database_url=f"sqlite+aiosqlite:///{tmp_path}/read_model.db",
        feed_retry_s=0.1,
        lost_after_s=1.0,
    )
    async with KafkaTestClient(kafka_settings) as client:
        await client.send(ATTEMPTS, LEFT_BEHIND)
        async with (
            running(
                worker_settings(kafka_settings, watches=(WATCH, EACH_SERVICE), analysis=ANALYSIS)
            ) as worker,
            api(for_api) as (_, http),
        ):
            await client.send_raw(ALERTS, b"no alert of ours")
            await analyse(http)
            await label_and_unlabel(http)
            await delete_a_report(http)
            await make_and_end_a_watch(http)
            await client.send(PROGRESS, a_progress("accepted", request_id="lost", at_ms=0))
            await settled(traffic, declared)
            assert subscribed(worker, kafka_settings) == consumed_by_agents(declared)
    differences = {
        "not in the AsyncAPI document": sorted(traffic.seen - declared),
        "in the AsyncAPI document, but it never took place": sorted(declared - traffic.seen),
    }
    assert not any(differences.values()), json.dumps(differences, indent=2)


def trouble(at_ms: int) -> Observation:
    return Observation(at_ms, opening=Opening("service-2", at_ms, 9.0, "errors rise"))


async def analyse(http: httpx.AsyncClient) -> None:
    """An alert that resolves, a request by hand, and one whose selector matches nothing."""
    alert = {
        "status": "firing",
        "labels": {"alertname": "Slow", "cluster": "shop"},
        "startsAt": timestamp(now_ms() - 20 * STEP_MS),
    }
    for status in ("firing", "resolved"):
        body = {"version": "4", "alerts": [alert | {"status": status}]}
        (await http.post(f"{URL}/webhooks/alertmanager", json=body)).raise_for_status()
    for selector in ('{cluster="shop"}', '{cluster="none"}'):
        asked = {"selector": selector, "at": timestamp(now_ms() - 20 * STEP_MS)}
        (await http.post(f"{URL}/analyses", json=asked)).raise_for_status()


async def label_and_unlabel(http: httpx.AsyncClient) -> None:
    example = an_example()
    body = {"name": example.name, "values": example.values.tolist(), "split": example.split}
    made = await http.post(f"{URL}/examples", json=body)
    kept = LabelledExample.model_validate(made.raise_for_status().json())
    (await http.delete(f"{URL}/examples/{kept.example_id}")).raise_for_status()


async def delete_a_report(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not (reports := (await http.get(f"{URL}/reports")).json()["reports"]):
            await asyncio.sleep(0.02)
    (await http.delete(f"{URL}/reports/{reports[0]['report_id']}")).raise_for_status()


async def make_and_end_a_watch(http: httpx.AsyncClient) -> None:
    made = await http.put(f"{URL}/watches/made", json={"selector": '{cluster="shop"}'})
    made.raise_for_status()
    async with asyncio.timeout(DEADLINE_S):
        while (await http.delete(f"{URL}/watches/made")).status_code != 204:
            await asyncio.sleep(0.05)  # the feed has not read it yet


async def settled(traffic: Traffic, declared: set[str]) -> None:
    """Wait until all that is declared took place, or for so long that it will not any more."""
    try:
        async with asyncio.timeout(DEADLINE_S / 2):
            while not declared <= traffic.seen:
                await asyncio.sleep(0.02)
    except TimeoutError:
        return


def subscribed(worker: Worker, kafka: KafkaSettings) -> set[str]:
    """The topics whose partitions the worker's consumer group has dealt out to it."""
    return {topic.removeprefix(kafka.topic_prefix) for topic, _ in worker.partitions}


def consumed_by_agents(declared: set[str]) -> set[str]:
    """The topics that workers share out; of compacted ones each reads all of it."""
    compacted = {topic.name for topic in TOPICS if "compact" in topic.cleanup}
    operations = [operation.split(".") for operation in declared]
    return {topic for role, action, topic in operations if role != "api" and action == "receive"} - compacted
