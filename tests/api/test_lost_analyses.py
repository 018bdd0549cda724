"""Analyses that were promised, and whose request no worker can read any more."""

import httpx

from patternwatch.api.lost_analyses import end_lost
from patternwatch.api.read_model.projection import apply_progress, apply_request
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.read_model.silent_analyses import silent_analyses
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.codec import encode
from patternwatch.contracts.topics import REPORTS, REQUESTS
from patternwatch.kafka.topics import ensure_topics
from tests.api.test_feed_on_kafka import answers, api, on_kafka, until, worker
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_position, a_progress, a_report, a_request
from tests.streams.kafka_test_client import delete_topic

__all__ = ["on_kafka"]

ANALYSES = "/api/v1/tenants/a/analyses"


async def started(client: httpx.AsyncClient, title: str) -> str:
    answer = await client.post(ANALYSES, json={"selector": '{cluster="shop"}', "title": title})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["request_id"])


async def stage(client: httpx.AsyncClient, request_id: str) -> tuple[str, str]:
    analysis = (await client.get(f"{ANALYSES}/{request_id}")).json()
    return analysis["stage"], analysis["note"]


async def test_one_whose_request_vanished_fails_and_says_why(on_kafka: ApiSettings) -> None:
    settings = on_kafka.model_copy(
        update={"lost_after_s": 2.0, "kafka": on_kafka.kafka.model_copy(update={"partitions": 1})}
    )
    async with api(settings) as (context, client), worker(settings) as send:
        await until("readiness", answers(client, "/health/ready", 200))
        lost = await started(client, "lost")
        await delete_topic(settings.kafka, REQUESTS)
        await ensure_topics(settings.kafka)

        async def started_anew() -> bool:  # the publisher may still know the old topic
            answer = await client.post(ANALYSES, json={"selector": '{cluster="shop"}', "title": "waits"})
            return answer.status_code == 202

        await until("another one", started_anew)

        async def failed() -> bool:
            return (await stage(client, lost))[0] == "failed"

        await until("its end", failed)
        assert "vanished from the topic" in (await stage(client, lost))[1]
        assert "start the analysis again" in (await stage(client, lost))[1]
        stream = await client.get(f"{ANALYSES}/{lost}/events")
        assert '"stage":"failed"' in stream.text
        listed = (await client.get(ANALYSES)).json()["analyses"]
        assert {a["stage"] for a in listed if a["title"] == "waits"} == {"accepted"}
        assert await end_lost(context) == 0
        assert 'patternwatch_api_analyses_lost_total{tenant="a"} 1.0' in (await client.get("/metrics")).text
        # What comes of it all the same counts more.
        report = a_report(lost, request_id=lost, published_at_ms=context.clock() + 1)
        await send(REPORTS, lost, encode(report))

        async def concluded() -> bool:
            return (await stage(client, lost))[0] == "concluded"

        await until("its report", concluded)


async def test_silent_ones_are_known_with_where_their_request_lies(database_url: str) -> None:
    model = ReadModel(database_url)
    await model.open()
    async with model.writing() as db:
        await apply_request(db, a_request("waits", requested_at_ms=NOW_MS - 9), a_position(7))
        await apply_request(db, a_request("later", requested_at_ms=NOW_MS), a_position(8))
        await apply_request(db, a_request("over", requested_at_ms=NOW_MS - 9), a_position(9))
        await apply_progress(db, a_progress("failed", request_id="over", at_ms=NOW_MS - 8))
        await apply_request(db, a_request("old", requested_at_ms=NOW_MS - 8))  # of an earlier release
    found = await silent_analyses(model, NOW_MS)
    assert [(one.progress.request_id, one.progress.stage, one.at) for one in found] == [
        ("waits", "accepted", a_position(7)),
        ("old", "accepted", None),
    ]
    async with model.writing() as db:  # where a later request lies counts
        await apply_request(db, a_request("waits", requested_at_ms=NOW_MS - 9), a_position(12))
    assert (await silent_analyses(model, NOW_MS))[0].at == a_position(12)
    await model.close()
