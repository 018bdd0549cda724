import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from patternwatch.api.context import AppContext
from patternwatch.api.read_model.projection import (
    apply_alert,
    apply_progress,
    apply_report,
    apply_request,
)
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.base import Message
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import RecordTooLargeError
from patternwatch.contracts.ids import request_id_for_alert
from patternwatch.contracts.topics import ALERTS, Topic
from patternwatch.kafka.producer import RecordPosition
from tests.fakes.clock import NOW_MS, FakeClock
from tests.fakes.messages import a_position, a_progress, a_report, a_request, an_alert
from tests.fakes.publisher import FakePublisher

WIRE = Path(__file__).parents[1] / "fixtures" / "wire"
HOOK = "/api/v1/tenants/a/webhooks/alertmanager"
JSON = {"Content-Type": "application/json"}


async def post(client: httpx.AsyncClient, name: str = "alertmanager_webhook.json") -> httpx.Response:
    return await client.post(HOOK, content=(WIRE / name).read_bytes(), headers=JSON)


async def test_a_webhook_is_answered_with_the_analyses_that_it_starts(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    answer = await post(client, "alertmanager_webhook_2.json")
    assert answer.status_code == 202
    resolved, firing = answer.json()["alerts"]
    assert answer.json()["accepted"] == 2
    assert resolved == {
        "fingerprint": "ac93ab3c3b97835f",
        "status": "resolved",
        "request_id": None,
        "not_analysed": "",
    }
    assert answer.json()["rejected"] == []
    assert firing["request_id"] == request_id_for_alert("a", "df4d349117f787f0", 1795425644033)
    topic, key, value = publisher.sent[1]
    assert (topic, key) == (ALERTS, b"a")
    assert decode(value, Alert).starts_at_ms == 1795425644033


async def test_of_a_storm_in_one_body_few_alerts_are_sent_at_a_time(
    client: httpx.AsyncClient, publisher: FakePublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand that wait for room in the same batches take longer than each of them is given."""
    under_way, most, send = 0, 0, publisher.send

    async def slow(topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return await send(topic, key, value)

    monkeypatch.setattr(publisher, "send", slow)
    body = orjson.loads((WIRE / "alertmanager_webhook.json").read_bytes())
    of_one = body["alerts"][0]
    body["alerts"] = [of_one | {"fingerprint": f"{n:016x}"} for n in range(1000)]
    answer = await client.post(HOOK, content=orjson.dumps(body), headers=JSON)
    assert answer.json()["accepted"] == len(publisher.sent) == 1000
    assert most <= 200


async def test_no_analysis_is_promised_where_alerts_start_none(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    quiet = context.settings.analysis.model_copy(update={"analyze_alerts": False})
    object.__setattr__(context, "settings", context.settings.model_copy(update={"analysis": quiet}))
    assert [a["request_id"] for a in (await post(client)).json()["alerts"]] == [None, None]


async def test_alerts_are_listed_at_once_the_firing_ones_first(
    client: httpx.AsyncClient, clock: FakeClock
) -> None:
    await post(client)
    clock.now += 1.0
    await post(client, "alertmanager_webhook_2.json")
    alerts = (await client.get("/api/v1/tenants/a/alerts")).json()["alerts"]
    assert [(a["fingerprint"], a["status"]) for a in alerts] == [
        ("df4d349117f787f0", "firing"),
        ("ac93ab3c3b97835f", "resolved"),
    ]
    assert alerts[0]["report_id"] is None
    firing = (await client.get("/api/v1/tenants/a/alerts?status=firing")).json()["alerts"]
    assert [a["fingerprint"] for a in firing] == ["df4d349117f787f0"]
    assert len((await client.get("/api/v1/tenants/a/alerts?limit=1")).json()["alerts"]) == 1


async def test_an_alert_shows_its_latest_analysis_and_its_report_once_it_can_be_read(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    await post(client)
    alert = an_alert(fingerprint="ac93ab3c3b97835f")

    async def shown() -> list[str | None]:
        alerts = (await client.get("/api/v1/tenants/a/alerts")).json()["alerts"]
        (shown,) = (each for each in alerts if each["fingerprint"] == "ac93ab3c3b97835f")
        return [shown[name] for name in ("request_id", "stage", "report_id")]

    async with context.read_model.writing() as db:
        await apply_request(db, a_request(request_id="old", alert=alert, requested_at_ms=1))
        await apply_request(db, a_request(request_id="r1", alert=alert))
    assert await shown() == ["r1", "accepted", None]
    async with context.read_model.writing() as db:
        await apply_progress(db, a_progress("concluded", report_id="r1"))
    assert await shown() == ["r1", "concluded", None]
    async with context.read_model.writing() as db:
        await apply_report(db, a_report(alert=alert), a_position())
    assert await shown() == ["r1", "concluded", "r1"]


async def test_a_webhook_is_not_accepted_while_kafka_is_away(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    publisher.broken = True
    answer = await post(client)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["type"] == "urn:patternwatch:problem:broker-unavailable"
    assert (await client.get("/api/v1/tenants/a/alerts")).json()["alerts"] == []


async def test_a_body_that_is_no_webhook_is_a_problem_that_names_the_field(client: httpx.AsyncClient) -> None:
    answer = await client.post(HOOK, content=b'{"version":"4","alerts":[{}]}', headers=JSON)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:patternwatch:problem:webhook"
    assert "alerts.0.labels" in problem["detail"]
    assert "version 4" in problem["remedy"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_webhook_that_is_not_declared_as_json_is_refused(
    client: httpx.AsyncClient, kind: str
) -> None:
    answer = await client.post(HOOK, content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].endswith("send it with Content-Type: application/json")


async def test_a_compressed_webhook_is_told_so(client: httpx.AsyncClient) -> None:
    headers = JSON | {"Content-Encoding": "gzip"}
    answer = await client.post(HOOK, content=gzip.compress(b"{}"), headers=headers)
    assert answer.status_code == 415
    assert answer.json()["detail"] == "The body is compressed (gzip): send it as it is"


async def test_an_unknown_tenant_is_a_problem_that_names_the_known_ones(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/tenants/c/webhooks/alertmanager", content=b"{}", headers=JSON)
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:patternwatch:problem:unknown-tenant"
    assert "a, b" in answer.json()["remedy"]


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient, context: AppContext) -> None:
    most = context.settings.max_body_bytes
    answer = await client.post(HOOK, content=b" " * (most + 1), headers=JSON)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)

    async def chunks() -> AsyncIterator[bytes]:  # no Content-Length: counted as it comes
        for _ in range(5):
            yield b" " * (most // 4)

    answer = await client.post(HOOK, content=chunks(), headers=JSON)
    assert answer.status_code == 413
    assert str(most) in answer.json()["detail"]


async def test_what_a_webhook_lacks_is_said_and_counted(client: httpx.AsyncClient) -> None:
    body = orjson.loads((WIRE / "alertmanager_webhook.json").read_bytes()) | {"truncatedAlerts": 3}
    body["alerts"].append({"status": "unknown"})
    for _ in range(2):
        answer = (await client.post(HOOK, content=orjson.dumps(body), headers=JSON)).json()
    assert (answer["accepted"], len(answer["rejected"]), answer["truncated"]) == (2, 1, 3)
    metrics = (await client.get("/metrics")).text
    for why, number in (("rejected", 2), ("truncated", 6)):
        assert f'patternwatch_api_alerts_missed_total{{tenant="a",why="{why}"}} {number}.0' in metrics


def group(*alerts: dict[str, object]) -> bytes:
    one = {"status": "firing", "labels": {"alertname": "A"}, "startsAt": at(-60)}
    return orjson.dumps({"version": "4", "alerts": [one | more for more in alerts]})


def at(seconds: float) -> str:
    """So many seconds from now by the tests' clock."""
    return datetime.fromtimestamp(NOW_MS / 1000 + seconds, UTC).isoformat().replace("+00:00", "Z")


async def test_a_bad_alert_is_named_in_the_answer_and_the_others_are_taken(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    body = group({"fingerprint": "f1"}, {"startsAt": "0001-01-01T00:00:00Z"}, {"fingerprint": "f3"})
    answer = await client.post(HOOK, content=body, headers=JSON)
    assert answer.status_code == 202
    assert [alert["fingerprint"] for alert in answer.json()["alerts"]] == ["f1", "f3"]
    (rejected,) = answer.json()["rejected"]
    assert rejected["index"] == 1
    assert "zero time" in rejected["reason"]
    assert len(publisher.sent) == 2


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        ({"labels": {"alertname": "Watchdog", "severity": "critical"}}, "a heartbeat"),
        ({"labels": {"alertname": "Anything", "severity": "none"}}, "a heartbeat"),
        ({"labels": {"alertname": "PatternwatchEpisode"}}, "patternwatch sent it itself"),
        ({"generatorURL": "http://prometheus:9090/graph?g0.expr=vector%281%29"}, "expression is a constant"),
        ({"startsAt": at(-3 * 86_400)}, "it began 3 days ago, more than 24 h"),
        ({"startsAt": at(7200)}, "its start lies 2 h in the future: check the clocks"),
    ],
)
async def test_an_alert_that_is_not_analysed_is_listed_says_why_and_promises_nothing(
    client: httpx.AsyncClient, alert: dict[str, object], said: str
) -> None:
    answer = await client.post(HOOK, content=group(alert, {"fingerprint": "f2"}), headers=JSON)
    quiet, analysed = answer.json()["alerts"]
    assert said in quiet["not_analysed"]
    assert quiet["request_id"] is None
    assert (analysed["not_analysed"], bool(analysed["request_id"])) == ("", True)
    listed = (await client.get("/api/v1/tenants/a/alerts")).json()["alerts"]
    assert sorted(said in one["not_analysed"] for one in listed) == [False, True]


@pytest.mark.parametrize("ahead_s", [2.5, 45, 600])
async def test_a_sender_whose_clock_is_ahead_by_minutes_is_taken(
    client: httpx.AsyncClient, ahead_s: float
) -> None:
    answer = await client.post(HOOK, content=group({"startsAt": at(ahead_s)}), headers=JSON)
    (alert,) = answer.json()["alerts"]
    assert (alert["not_analysed"], bool(alert["request_id"])) == ("", True)


async def test_an_alert_that_was_analysed_since_it_began_no_longer_says_that_it_was_not(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    alert = an_alert(not_analysed="it began 2 days ago", starts_at_ms=NOW_MS - 1000)

    async def said() -> str:
        listed = (await client.get("/api/v1/tenants/a/alerts")).json()["alerts"]
        return str(listed[0]["not_analysed"])

    async with context.read_model.writing() as db:
        await apply_alert(db, alert)
        await apply_request(db, a_request(request_id="of an earlier firing", alert=alert, requested_at_ms=1))
    assert await said() == "it began 2 days ago"
    async with context.read_model.writing() as db:
        await apply_request(db, a_request(request_id="by hand", alert=alert, requested_at_ms=NOW_MS))
    assert await said() == ""


async def test_prometheus_and_vmalert_may_take_the_webhook_for_an_alertmanager(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    posted = orjson.dumps([{"labels": {"alertname": "A"}, "startsAt": at(-60), "endsAt": at(240)}])
    answer = await client.post(HOOK + "/api/v2/alerts", content=posted, headers=JSON)
    assert answer.status_code == 202
    assert decode(publisher.sent[0][2], Alert).status == "firing"


async def test_an_alert_that_is_too_large_for_kafka_is_named_and_the_others_are_taken(
    client: httpx.AsyncClient, publisher: FakePublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = publisher.publish

    async def limited(topic: Topic, message: Message, *more: Any) -> RecordPosition:
        if len(encode(message)) > 2000:
            raise RecordTooLargeError("A record of 9000 bytes is too large", "Shorten its annotations")
        return await publish(topic, message, *more)

    monkeypatch.setattr(publisher, "publish", limited)
    body = group({"fingerprint": "f1"}, {"annotations": {"a": "x" * 9000}}, {"labels": {"": "no name"}})
    answer = await client.post(HOOK, content=body, headers=JSON)
    assert answer.status_code == 202
    assert [alert["fingerprint"] for alert in answer.json()["alerts"]] == ["f1"]
    rejected = {one["index"]: one["reason"] for one in answer.json()["rejected"]}
    assert "too large" in rejected[1]
    assert "alerts.2.labels" in rejected[2]
    assert len((await client.get("/api/v1/tenants/a/alerts")).json()["alerts"]) == 1
    answer = await client.post(HOOK, content=group({"annotations": {"a": "x" * 9000}}), headers=JSON)
    assert (answer.status_code, answer.json()["remedy"]) == (400, "Shorten its annotations")


async def test_no_analysis_is_promised_that_no_worker_could_make(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    patient = context.settings.analysis.model_copy(update={"max_alert_age_s": 1e12})
    object.__setattr__(context, "settings", context.settings.model_copy(update={"analysis": patient}))
    answer = await client.post(HOOK, content=group({"startsAt": "1970-01-01T00:00:00Z"}), headers=JSON)
    (alert,) = answer.json()["alerts"]
    assert alert["request_id"] is None
    assert "too near to 1970" in alert["not_analysed"]


def a_pairs_alert(replica: str, begun_s: float = 0.0, **more: object) -> dict[str, object]:
    starts = datetime.fromtimestamp(NOW_MS / 1000 - 60 + begun_s, UTC).isoformat()
    labels = {"alertname": "Down", "job": "cart", "prometheus_replica": replica}
    return {"status": "firing", "labels": labels, "startsAt": starts, "fingerprint": f"f{replica}", **more}


async def post_alerts(client: httpx.AsyncClient, *alerts: dict[str, object]) -> list[tuple[str, bool, str]]:
    """Of each: fingerprint, whether it starts an analysis, and why not."""
    body = orjson.dumps({"version": "4", "groupKey": "g", "alerts": alerts})
    answer = await client.post(HOOK, content=body, headers=JSON)
    assert answer.status_code == 202
    told = answer.json()["alerts"]
    return [(a["fingerprint"], a["request_id"] is not None, a["not_analysed"]) for a in told]


async def test_alerts_that_differ_in_a_replica_label_only_are_one_analysis(
    client: httpx.AsyncClient, context: AppContext, publisher: FakePublisher
) -> None:
    same = 'the same alert of another replica is analysed: fb (prometheus_replica="b")'
    pair = (a_pairs_alert("b"), a_pairs_alert("a", 14.5))
    assert await post_alerts(client, *pair) == [("fb", True, ""), ("fa", False, same)]
    assert await post_alerts(client, *pair[::-1]) == [("fa", False, same), ("fb", True, "")], "repeated"
    assert await post_alerts(client, pair[1]) == [("fa", False, same)], "in a group of its own"
    assert decode(publisher.sent[-1][2], Alert).same_as == "fb"
    request = a_request("r1", alert=await context.read_model.alert("a", "fb"))
    async with context.read_model.writing() as db:
        await apply_request(db, request)
    listed = (await client.get("/api/v1/tenants/a/alerts")).json()["alerts"]
    assert {(a["fingerprint"], a["request_id"], a["not_analysed"]) for a in listed} == {
        ("fa", "r1", ""),
        ("fb", "r1", ""),
    }
    # The analysed one resolves first, then the other one, which stays what it was meanwhile.
    ended = {"status": "resolved", "endsAt": datetime.fromtimestamp(NOW_MS / 1000, UTC).isoformat()}
    assert await post_alerts(client, {**pair[0], **ended}, pair[1]) == [
        ("fb", False, ""),
        ("fa", False, same),
    ]
    assert await post_alerts(client, {**pair[1], **ended}) == [("fa", False, "")]
    assert await post_alerts(client, pair[0]) == [("fb", True, "")], "a resolved twin does not replace it"


async def test_another_trouble_of_such_a_pair_is_an_analysis_of_its_own(client: httpx.AsyncClient) -> None:
    assert await post_alerts(client, a_pairs_alert("b", -3600.0)) == [("fb", True, "")]
    assert await post_alerts(client, a_pairs_alert("a")) == [("fa", True, "")]
