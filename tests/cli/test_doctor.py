"""The doctor's visits: a sound installation, and each thing that can be wrong with one."""

import asyncio
import json
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka.admin import NewTopic
from typer.testing import CliRunner, Result

from patternwatch.cli.main import app
from patternwatch.contracts.checks import Check
from patternwatch.contracts.settings import AnalysisSettings, KafkaSettings, SourceSettings, TenantSettings
from patternwatch.contracts.topics import REQUESTS
from patternwatch.cortex.preflight import check_source
from patternwatch.kafka.clients import admin_client
from patternwatch.kafka.preflight import check_kafka
from patternwatch.kafka.topics import ensure_topics, topic_name
from tests.cortex import faulty_server as faults
from tests.cortex.faulty_server import Series, State, faulty_server
from tests.fakes.http import answering_server
from tests.secure_kafka import authority, signed
from tests.support import free_port

TENANT = TenantSettings(id="a|b", selector='{job="j"}')
ANALYSIS = AnalysisSettings(step_ms=1000, rows=120, shard_series=10, scope_labels=("job",))


@pytest.fixture
def server() -> Iterator[tuple[str, State]]:
    with faulty_server() as (url, state):
        state.metadata = {"m0": [{"type": "gauge"}]}
        now_ms = time.time_ns() // 1_000_000
        for i in range(12):
            labels = {"__name__": f"m{i % 2}", "job": "j", "instance": f"i{i}"}
            state.series.append(Series(labels, {now_ms - n * 1000: float(n) for n in range(130)}))
        yield url, state


async def visit(url: str, **changes: object) -> dict[str, Check]:
    source = SourceSettings(url=url, timeout_s=60, tries=1)
    checks = await check_source(source, TENANT, ANALYSIS.model_copy(update=changes))
    return {check.name: check for check in checks}


def verdicts(found: dict[str, Check]) -> dict[str, str]:
    return {name: check.verdict for name, check in found.items()}


SOUND = {
    "reachable": "ok",
    "tenant": "ok",
    "clock": "ok",
    "metadata": "ok",
    "series": "ok",
    "remote read": "warn",
    "limits": "ok",
    "freshness": "ok",
    "scope": "ok",
    "whole answers": "ok",
}
"""This server has no remote read."""


async def test_a_source_that_is_well_is_seen_through_to_the_samples(server: tuple[str, State]) -> None:
    found = await visit(server[0])
    assert verdicts(found) == SOUND
    assert "12 series of 2 metrics" in found["series"].finding
    assert "a shard of 6 series, 7" in found["limits"].finding
    assert {headers["X-Scope-OrgID"] for _, _, headers in server[1].asked} == {"a|b"}
    assert all(check.remedy for check in found.values() if check.verdict != "ok")


async def test_a_source_that_is_away_ends_the_visit() -> None:
    found = await visit(f"http://127.0.0.1:{free_port()}")
    assert verdicts(found) == {"reachable": "fail"}


async def test_a_tenant_that_is_not_let_in(server: tuple[str, State]) -> None:
    server[1].faults = [faults.status(401, "no org id")]
    found = await visit(server[0])
    assert verdicts(found) == {"reachable": "ok", "tenant": "fail"}
    assert "no org id" in found["tenant"].finding


def end_early(server: State) -> None:
    for series in server.series:
        series.samples = {sorted(series.samples)[30]: 1.0}


def refuse_more_than_three(server: State) -> None:
    server.refuse = lambda _query, series: (422, "too many samples") if series > 3 else None


@pytest.mark.parametrize(
    ("change", "name", "verdict", "part"),
    [
        (lambda s: s.metadata.clear(), "metadata", "warn", "no metadata"),
        (lambda s: s.faults.append(faults.status(404, "", "metadata")), "metadata", "warn", "404"),
        (
            lambda s: s.faults.append(faults.body(b'{"status":"success"}', "metadata")),
            "metadata",
            "warn",
            "no metadata",
        ),
        (lambda s: s.series.clear(), "series", "fail", "selects nothing"),
        (
            refuse_more_than_three,
            "limits",
            "warn",
            "about 3 at once",
        ),
        (
            end_early,
            "freshness",
            "warn",
            "old",
        ),
    ],
)
async def test_what_is_amiss_at_the_source_is_told(
    server: tuple[str, State], change: Callable[[State], object], name: str, verdict: str, part: str
) -> None:
    change(server[1])
    found = await visit(server[0])
    assert found[name].verdict == verdict
    assert part in found[name].finding
    assert found[name].remedy


@pytest.mark.parametrize(
    ("fault", "timeout_s", "check", "found", "advised"),
    [
        (faults.body(b"<!DOCTYPE html><title>Log in</title>"), 60, "HTTP API", "HTML", "log in"),
        (faults.status(302, Location="https://login.example/"), 60, "HTTP API", "login.example", "Redirects"),
        (faults.status(404, "404 page not found"), 60, "HTTP API", "/api/v1/query", "/prometheus"),
        (
            faults.status(400, "tenant ID 'a|b' contains unsupported character '|'"),
            60,
            "tenant",
            "'a|b'",
            "federation",
        ),
        (faults.status(403, "no"), 60, "tenant", "403", "credentials"),
        (faults.hang(), 0.3, "reachable", "in time", "source.timeout_s"),
    ],
    ids=["HTML", "redirect", "404", "federation", "403", "slow"],
)
async def test_a_door_that_is_not_the_right_one_is_told_by_name(
    server: tuple[str, State], fault: faults.Fault, timeout_s: float, check: str, found: str, advised: str
) -> None:
    server[1].faults = [fault] * 9
    source = SourceSettings(url=server[0], timeout_s=timeout_s, tries=1)
    checks = {c.name: c for c in await check_source(source, TENANT, ANALYSIS)}
    assert checks[check].verdict == "fail"
    assert found in checks[check].finding
    assert advised in checks[check].remedy


async def test_each_door_that_is_refused_is_told_in_its_words_though_another_one_works(
    server: tuple[str, State],
) -> None:
    server[1].refuse_count = lambda _query, _series: (403, "RBAC: access denied")
    found = await visit(server[0])
    assert verdicts(found) == SOUND | {"count": "warn"}
    assert "answered 403: RBAC: access denied" in found["count"].finding
    assert "AuthorizationPolicy" in found["count"].remedy
    assert "answered 404" in found["remote read"].finding


@pytest.mark.parametrize(
    ("scheme", "advised"), [("http", "gRPC"), ("https", "http://")], ids=["gRPC port", "no TLS"]
)
async def test_a_port_of_another_protocol_is_told_by_name(scheme: str, advised: str) -> None:
    settings_frame = bytes.fromhex("000000040000000000")  # how a gRPC server begins

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(settings_frame)
        writer.close()

    grpc = await asyncio.start_server(greet, "127.0.0.1")
    async with grpc:
        found = await visit(f"{scheme}://127.0.0.1:{grpc.sockets[0].getsockname()[1]}")
    assert verdicts(found) == {"reachable": "fail"}
    assert advised in found["reachable"].remedy


async def test_a_source_that_may_not_be_looked_back_in_is_told(server: tuple[str, State]) -> None:
    latest = max(server[1].series[0].samples)
    for series in server[1].series:
        series.samples = {t: v for t, v in series.samples.items() if t > latest - 80_000}
    found = await visit(server[0])
    assert found["history"].verdict == "warn"
    assert "max_query_lookback" in found["history"].remedy


async def test_a_recording_is_opened() -> None:
    found = await visit("bundle:///nowhere.parquet")
    assert verdicts(found) == {"recording": "fail"}
    (recorded, *_) = sorted((Path(__file__).parents[2] / "examples" / "incidents").glob("*.parquet"))
    assert verdicts(await visit(f"bundle://{recorded}")) == {"recording": "ok"}


async def test_a_secret_that_cannot_be_read_is_told(server: tuple[str, State], tmp_path: Path) -> None:
    source = SourceSettings(url=server[0], bearer_token_file=tmp_path / "nowhere")
    (check,) = await check_source(source, TENANT, ANALYSIS)
    assert (check.name, check.verdict) == ("settings", "fail")


async def test_scope_labels_that_are_on_alerts_only_are_told(server: tuple[str, State]) -> None:
    found = await visit(server[0], scope_labels=("cluster", "job", "prometheus"))
    assert found["scope"].verdict == "warn"
    assert "no series has the label cluster or prometheus" in found["scope"].finding
    assert "external label" in found["scope"].remedy
    assert "scope" not in await visit(server[0], scope_labels=())


async def test_too_many_series_are_told(server: tuple[str, State]) -> None:
    assert (await visit(server[0], max_series=5))["series"].verdict == "warn"


@pytest.mark.parametrize(
    ("date", "verdict"),
    [("Tue, 14 Nov 2023 22:13:20 GMT", "ok"), ("Tue, 14 Nov 2023 22:14:20 GMT", "warn"), ("soon", "warn")],
)
async def test_clocks_are_compared(date: str, verdict: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Date": date}, json={"data": {"result": []}})

    source = SourceSettings(url="http://fake", tries=1)
    transport = httpx.MockTransport(answer)
    checks = await check_source(source, TENANT, ANALYSIS, transport, lambda: 1_700_000_000.5)
    assert {check.name: check.verdict for check in checks}["clock"] == verdict


async def test_kafka_before_and_after_its_topics_are_made(kafka_settings: KafkaSettings) -> None:
    before = {check.name: check for check in await check_kafka(kafka_settings)}
    assert verdicts(before) == {"reachable": "ok", "replication": "ok", "topics": "warn"}
    await ensure_topics(kafka_settings)
    after = {check.name: check for check in await check_kafka(kafka_settings)}
    assert verdicts(after) == {"reachable": "ok", "replication": "ok", "topics": "ok"}
    greedy = kafka_settings.model_copy(update={"replication": 3})
    found = {check.name: check for check in await check_kafka(greedy)}
    assert (found["replication"].verdict, found["copies"].verdict) == ("fail", "warn")


async def test_topics_that_can_never_take_a_record_fail(kafka_settings: KafkaSettings) -> None:
    name = topic_name(kafka_settings, REQUESTS)
    admin = admin_client(kafka_settings)
    await admin.start()
    configs = {"min.insync.replicas": "2", "max.message.bytes": "1000"}
    await admin.create_topics([NewTopic(name, 2, 1, topic_configs=configs)])
    await admin.close()
    await ensure_topics(kafka_settings)
    found: dict[str, Check] = {"topics": Check(area="kafka", name="topics", verdict="warn", finding="")}
    async with asyncio.timeout(60):
        while "topics" in found:  # a topic that was just made is shown a moment later
            found = {check.name: check for check in await check_kafka(kafka_settings)}
    assert (found["in-sync copies"].verdict, found["record size"].verdict) == ("fail", "warn")
    assert f"{name} (1 of 2)" in found["in-sync copies"].finding
    assert f"{name} (1000 of 1200000)" in found["record size"].finding


async def test_a_kafka_with_tls_is_named_as_one(tmp_path: Path) -> None:
    authority(tmp_path, "ca")
    signed(tmp_path, "broker", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "broker.pem")
    with answering_server(lambda *_: b"", tls=context) as address:
        (check,) = await check_kafka(KafkaSettings(bootstrap=address, connect_timeout_s=60))
    assert (check.name, check.verdict) == ("reachable", "fail")
    assert "speaks TLS" in check.finding
    assert "KAFKA__SECURITY__PROTOCOL" in check.remedy


async def test_kafka_that_is_away() -> None:
    settings = KafkaSettings(bootstrap=f"127.0.0.1:{free_port()}", connect_timeout_s=0.2)
    (check,) = await check_kafka(settings)
    assert (check.name, check.verdict) == ("reachable", "fail")
    assert "patternwatch kafka start" in check.remedy


def doctor(monkeypatch: pytest.MonkeyPatch, *arguments: str, **settings: str) -> Result:
    for name, value in settings.items():
        monkeypatch.setenv(f"PATTERNWATCH_{name}", value)
    return CliRunner().invoke(app, ["doctor", *arguments])


def test_the_command_ends_with_1_where_something_fails_and_prints_only_json(
    monkeypatch: pytest.MonkeyPatch, server: tuple[str, State]
) -> None:
    settings = {
        "KAFKA__BOOTSTRAP": f"127.0.0.1:{free_port()}",
        "KAFKA__CONNECT_TIMEOUT_S": "0.2",
        "SOURCE__URL": server[0],
        "TENANTS": json.dumps([TENANT.model_dump()]),
    }
    done = doctor(monkeypatch, "--format", "json", **settings)
    assert done.exit_code == 1, done.stderr
    said = json.loads(done.stdout)
    assert said["ok"] is False
    assert {(c["area"], c["name"], c["verdict"]) for c in said["checks"]} >= {
        ("kafka", "reachable", "fail"),
        ("source, tenant a|b", "tenant", "ok"),
        ("model", "loads", "ok"),
    }
    table = doctor(monkeypatch, **settings)
    assert table.exit_code == 1
    assert "what to change" in table.stdout


def test_the_command_ends_with_0_where_all_is_well(
    monkeypatch: pytest.MonkeyPatch, server: tuple[str, State], kafka_settings: KafkaSettings
) -> None:
    done = doctor(
        monkeypatch,
        KAFKA__BOOTSTRAP=kafka_settings.bootstrap,
        SOURCE__URL=server[0],
        TENANTS=json.dumps([TENANT.model_dump()]),
    )
    assert done.exit_code == 0, done.stdout


def test_settings_that_are_not_right_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    done = doctor(monkeypatch, SOURCE__USERNAME="me")
    assert done.exit_code == 2
    assert "password" in done.stderr
