"""An API on a full disk: what Kafka has taken is accepted, and is shown when there is room again."""

import resource
from pathlib import Path

import httpx

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.topics import ensure_topics
from tests.api.test_feed_on_kafka import answers, until
from tests.api.test_replicas import Api, processes

TENANT = "/api/v1/tenants/a"
WEBHOOK = {
    "version": "4",
    "alerts": [{"status": "firing", "labels": {"alertname": "A"}, "startsAt": "2026-11-23T09:20:44Z"}],
}


def limit_files(api: Api, max_bytes: int) -> None:
    """No file of this process grows beyond that: the database, nor its log."""
    resource.prlimit(api.process.pid, resource.RLIMIT_FSIZE, (max_bytes, resource.RLIM_INFINITY))


async def test_what_is_asked_for_on_a_full_disk_is_done_once_and_shown_when_there_is_room(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    await ensure_topics(kafka_settings)
    url = f"sqlite+aiosqlite:///{tmp_path}/read_model.db"
    with processes(tmp_path, url, kafka_settings, 1) as (api,):
        async with httpx.AsyncClient(base_url=api.url, timeout=30) as client:
            await until("readiness", answers(client, "/health/ready", 200))
            limit_files(api, 0)
            asked = await client.post(f"{TENANT}/analyses", json={"selector": '{cluster="shop"}'})
            assert asked.status_code == 202, asked.text
            alerted = await client.post(f"{TENANT}/webhooks/alertmanager", json=WEBHOOK)
            assert alerted.status_code == 202, alerted.text
            request_id = asked.json()["request_id"]
            assert (await client.get(f"{TENANT}/analyses/{request_id}")).status_code == 404

            async def told() -> bool:
                checks = (await client.get("/health/ready")).json()["checks"]
                return "whether its disk is full" in checks["feed"]["reason"]

            await until("what is wrong", told)
            limit_files(api, resource.RLIM_INFINITY)
            await until("the analysis", answers(client, f"{TENANT}/analyses/{request_id}", 200))
            await until("readiness again", answers(client, "/health/ready", 200))
            assert len((await client.get(f"{TENANT}/analyses")).json()["analyses"]) == 1
            assert len((await client.get(f"{TENANT}/alerts")).json()["alerts"]) == 1
