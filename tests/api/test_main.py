"""The whole process on a socket, over a real Kafka."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from patternwatch.api import main
from patternwatch.api.http.bounded_head import BoundedHead
from patternwatch.api.main import Server, context_for, server_for
from patternwatch.api.role import API_ROLE
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.access_settings import AccessSettings
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import InputError, PatternwatchError
from patternwatch.contracts.settings import KafkaSettings, LogSettings, TenantSettings
from patternwatch.contracts.topics import PROGRESS, REPORTS, record_key
from patternwatch.kafka.delivery import GiveUpAfter
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topics import ensure_topics
from patternwatch.logs import configure_logs
from tests.fakes.messages import a_progress, a_report
from tests.support import free_port


@pytest.fixture
def over_kafka(kafka_settings: KafkaSettings, tmp_path: Path) -> ApiSettings:
    return ApiSettings(
        kafka=kafka_settings,
        tenants=(TenantSettings(id="a"),),
        database_url=f"sqlite+aiosqlite:///{tmp_path}/read_model.db",
        web_dir=tmp_path,
        port=0,
        feed_retry_s=0.1,
    )


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """The server in this loop, until the block ends; it must go down within ten seconds."""
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(60):
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
    if task.done():
        task.result()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        async with asyncio.timeout(60):
            await task


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "no.such.host.invalid"])
def test_without_a_mode_it_does_not_listen_to_others(host: str, tmp_path: Path) -> None:
    open_to_all = ApiSettings(host=host, database_url=f"sqlite+aiosqlite:///{tmp_path}/m.db", port=0)
    with pytest.raises(InputError, match=r"PATTERNWATCH_ACCESS__MODE=token .* PATTERNWATCH_HOST=127.0.0.1"):
        server_for(context_for(open_to_all))
    guarded = open_to_all.model_copy(update={"access": AccessSettings(mode="token")})
    config = server_for(context_for(guarded)).config
    assert config.host == host
    assert not config.proxy_headers, "a header would say from where a connection comes"
    assert config.http is BoundedHead


def test_idle_connections_outlive_those_of_a_proxy(over_kafka: ApiSettings) -> None:
    assert server_for(context_for(over_kafka)).config.timeout_keep_alive > 60
    kept = over_kafka.model_copy(update={"keep_alive_s": 7})
    assert server_for(context_for(kept)).config.timeout_keep_alive == 7


async def test_an_analysis_is_followed_from_its_start_to_its_report(over_kafka: ApiSettings) -> None:
    await ensure_topics(over_kafka.kafka)
    worker = KafkaPublisher(over_kafka.kafka, "test", GiveUpAfter(10, API_ROLE.consumes))
    async with serving(server_for(context_for(over_kafka))) as client:
        order = {"selector": '{cluster="prod"}'}
        started = (await client.post("/api/v1/tenants/a/analyses", json=order)).json()
        request_id, stages = started["request_id"], []
        key = record_key("a", request_id)
        async with client.stream("GET", started["events"]) as events:
            async for line in events.aiter_lines():
                if not line.startswith("data: "):
                    continue
                event = json.loads(line.removeprefix("data: "))
                stages.append(event["stage"])
                if event["stage"] == "accepted":
                    at_ms = event["at_ms"] + 1
                    told = a_progress("analysing", request_id=request_id, of=2, at_ms=at_ms)
                    await worker.send(PROGRESS, key, encode(told))
                elif event["stage"] == "analysing":
                    told = a_progress("concluded", request_id=request_id, report_id="rep", at_ms=at_ms + 1)
                    await worker.send(PROGRESS, key, encode(told))
                    report = a_report(report_id="rep", request_id=request_id)
                    await worker.send(REPORTS, record_key("a", "rep"), encode(report))
        assert stages == ["accepted", "analysing", "concluded"]
        assert event["report_id"] == "rep"
        assert (await client.get("/api/v1/tenants/a/reports/rep")).status_code == 200
    await worker.close()


async def test_open_event_streams_do_not_hold_up_the_end(over_kafka: ApiSettings) -> None:
    await ensure_topics(over_kafka.kafka)
    server = server_for(context_for(over_kafka))
    async with serving(server) as client:
        started = (await client.post("/api/v1/tenants/a/analyses", json={"selector": "up"})).json()
        async with client.stream("GET", started["events"]) as events:
            lines = events.aiter_lines()
            while not (await anext(lines)).startswith("data: "):
                pass
            server.should_exit = True
            assert [line async for line in lines if line] == []


async def test_a_port_that_is_taken_ends_the_process(over_kafka: ApiSettings, tmp_path: Path) -> None:
    async with serving(server_for(context_for(over_kafka))) as client:
        database_url = f"sqlite:///{tmp_path}/another.db"
        taken = over_kafka.model_copy(update={"port": client.base_url.port, "database_url": database_url})
        with pytest.raises(PatternwatchError, match="address already in use.*Set PATTERNWATCH_PORT"):
            await server_for(context_for(taken)).serve()


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        ({"database_url": "postgresql://127.0.0.1:{closed}/x"}, 1, "read model cannot be opened"),
        (
            {"access": {"mode": "token", "token_database_url": "postgresql://127.0.0.1:{closed}/x"}},
            1,
            "database of tokens cannot be opened",
        ),
        ({"host": "192.0.2.1", "access": {"mode": "token"}}, 1, "Cannot listen on 192.0.2.1"),
        ({"host": "0.0.0.0"}, 2, "PATTERNWATCH_ACCESS__MODE=token"),
        ({"database_url": "mysql://127.0.0.1/x"}, 2, "neither SQLite nor PostgreSQL"),
    ],
)
def test_what_keeps_it_from_starting_is_one_log_event_and_the_exit_code_of_a_worker(
    over_kafka: ApiSettings, capsys: pytest.CaptureFixture[str], wrong: dict[str, Any], code: int, said: str
) -> None:
    """A database that comes up later must not be taken for a mistake in the settings, nor for a stall."""
    closed = str(free_port())
    fields = over_kafka.model_dump() | json.loads(json.dumps(wrong).replace("{closed}", closed))
    with _logs_restored():
        with pytest.raises(SystemExit) as ended:
            main.run(ApiSettings(**fields | {"log": {"format": "json"}}))
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert ended.value.code == code
    (failed,) = [line for line in lines if line["level"] == "error"]
    assert failed["event"] == "api.failed"
    assert said in failed["problem"] + failed["remedy"]
    assert failed["remedy"]


def test_run_logs_by_the_settings_and_serves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ApiSettings(
        kafka=KafkaSettings(bootstrap=f"127.0.0.1:{free_port()}"),
        database_url=f"sqlite+aiosqlite:///{tmp_path}/m.db",
        port=0,
        log=LogSettings(format="json"),
    )

    class OneTurn(Server):
        async def main_loop(self) -> None:
            assert self.started

    monkeypatch.setattr(main, "Server", OneTurn)
    with _logs_restored():
        main.run(settings)
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    said = {line["event"]: line for line in lines}
    assert said["api.listening"]["url"].startswith("http://127.0.0.1:")
    assert said["api.listening"]["level"] == "info"


def test_logs_for_people_are_one_line_and_hold_foreign_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    with _logs_restored():
        configure_logs(LogSettings(level="warning"))
        log = structlog.get_logger("x")
        log.info("not.this")
        log.warning("but.this", tenant="a")
        logging.getLogger("aiokafka").info("nor this")
        logging.getLogger("aiokafka").warning("and %s", "this")
        lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "but.this" in lines[0]
    assert "tenant=a" in lines[0]
    assert "and this" in lines[1]


def _logs_restored() -> "_Restored":
    return _Restored()


class _Restored:
    """Puts logging back as the other tests expect it."""

    def __enter__(self) -> None:
        root = logging.getLogger()
        self._handlers, self._level = root.handlers[:], root.level

    def __exit__(self, *_: object) -> None:
        structlog.reset_defaults()
        root = logging.getLogger()
        root.handlers[:], root.level = self._handlers, self._level
