"""Several API processes on one PostgreSQL: one feeds it, and browsers of all of them are told everything."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from patternwatch.api.read_model import leadership
from patternwatch.api.read_model.database import Database
from patternwatch.api.read_model.leadership import Leadership
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.contracts.codec import encode
from patternwatch.contracts.progress import Stage
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import PROGRESS, REPORTS
from patternwatch.kafka.topics import ensure_topics
from tests.api.test_feed_on_kafka import until, worker
from tests.fakes.messages import a_progress, a_report
from tests.support import free_port, wait_until


class Api:
    """A process of `patternwatch api`, with a browser that listens to all of its tenant."""

    def __init__(self, folder: Path, database_url: str, kafka: KafkaSettings) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = {
            "PORT": str(self.port),
            "DATABASE_URL": database_url,
            "TENANTS": '[{"id": "a"}]',
            "KAFKA__BOOTSTRAP": kafka.bootstrap,
            "KAFKA__TOPIC_PREFIX": kafka.topic_prefix,
            "FEED_RETRY_S": "0.2",
        }
        environment = os.environ | {f"PATTERNWATCH_{name}": value for name, value in settings.items()}
        with (folder / f"api-{self.port}.log").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "patternwatch.cli", "api"],
                env=environment,
                stdout=output,
                stderr=output,
            )
        self.told: list[tuple[str, str]] = []
        self.last_id = ""

    def answers(self) -> bool:
        assert self.process.poll() is None, "the API has ended"
        try:
            return httpx.get(f"{self.url}/health/live", timeout=60).status_code == 200
        except httpx.HTTPError:
            return False

    def feeds(self) -> bool:
        return "patternwatch_api_feeding 1.0" in httpx.get(f"{self.url}/metrics", timeout=60).text

    async def listen(self) -> None:
        """Keep what the tenant's stream tells: of a stage its name, of a report its revision."""
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        try:
            async with (
                httpx.AsyncClient(timeout=60) as client,
                client.stream("GET", f"{self.url}/api/v1/tenants/a/events", headers=headers) as answer,
            ):
                async for line in answer.aiter_lines():
                    self._hear(line)
        except httpx.HTTPError:
            return  # it was killed

    def _hear(self, line: str) -> None:
        field, _, value = line.partition(": ")
        if field == "id":
            self.last_id = value
        elif field == "data" and (data := json.loads(value)):
            if "stage" in data:
                self.told.append((data["request_id"], data["stage"]))
            elif "revision" in data:
                self.told.append((data["report_id"], f"revision {data['revision']}"))

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def processes(folder: Path, url: str, kafka: KafkaSettings, count: int) -> Iterator[list[Api]]:
    started = [Api(folder, url, kafka) for _ in range(count)]
    try:
        for api in started:
            wait_until("the API", api.answers, deadline_s=120)
        yield started
    finally:
        for api in started:
            api.end()


def stages_of(request_id: str) -> list[tuple[str, str]]:
    stages = [(request_id, stage) for stage in ("planned", "analysing", "concluded")]
    return [*stages, (request_id, "revision 1")]


def ends_of(*numbers: int) -> set[tuple[str, str]]:
    return {(f"r{n}", said) for n in numbers for said in ("concluded", "revision 1")}


Telling: TypeAlias = Callable[[int], Awaitable[None]]


async def analyse(send: Any, request_id: str, told: Telling | None = None) -> None:
    """What workers send of one analysis.

    told  waits until so many stages were told: what is read together is told as it stands in the end
    """
    stages: tuple[Stage, ...] = ("planned", "analysing")
    for at_ms, stage in enumerate(stages, start=1):
        progress = a_progress(stage, request_id=request_id, at_ms=at_ms)
        await send(PROGRESS, request_id, encode(progress))
        if told is not None:
            await told(at_ms)
    await send(REPORTS, request_id, encode(a_report(request_id)))


async def test_when_the_feeding_process_is_killed_another_goes_on_and_every_browser_hears_everything(
    postgres_url: str, kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    await ensure_topics(kafka_settings)
    with processes(tmp_path, postgres_url, kafka_settings, 2) as apis:
        hearing = [asyncio.create_task(api.listen()) for api in apis]

        async def one_feeds() -> bool:
            return sum([await asyncio.to_thread(api.feeds) for api in apis]) == 1

        await until("one feed", one_feeds, 60)
        await until("both browsers", lambda: _all(api.last_id for api in apis), 60)
        first, other = sorted(apis, key=lambda api: not api.feeds())
        async with sending(kafka_settings, postgres_url) as send:

            async def told(count: int) -> None:
                await until("the stage", lambda: _all(len(api.told) >= count for api in apis), 60)

            await analyse(send, "r1", told)
            await told(4)
            first.process.send_signal(signal.SIGKILL)
            for number in range(2, 6):
                await analyse(send, f"r{number}")
            await until("the other reports", lambda: _all([ends_of(2, 3, 4, 5) <= set(other.told)]), 60)
        assert first.told == other.told[:4] == stages_of("r1")
        later = other.told[4:]
        assert len(later) == len(set(later)), "nothing is told twice"
        assert await asyncio.to_thread(other.feeds)
        reports = httpx.get(f"{other.url}/api/v1/tenants/a/reports", timeout=60).json()
        assert sorted((one["report_id"], one["revision"]) for one in reports["reports"]) == [
            (f"r{n}", 1) for n in range(1, 6)
        ]
        # The browser of the killed process goes on at the other one, behind what it has heard.
        hearing[apis.index(other)].cancel()
        other.told, other.last_id = [], first.last_id
        again = asyncio.create_task(other.listen())
        await until("what it has missed", lambda: _all([len(other.told) >= len(later)]), 60)
        assert other.told == later
        for task in (*hearing, again):
            task.cancel()


async def _all(each: Any) -> bool:
    return all(each)


@asynccontextmanager
async def sending(kafka: KafkaSettings, url: str) -> AsyncIterator[Any]:
    from patternwatch.api.settings import ApiSettings  # noqa: PLC0415

    async with worker(ApiSettings(kafka=kafka, database_url=url)) as send:
        yield send


@asynccontextmanager
async def leading(database: Database) -> AsyncIterator[Leadership]:
    async with asyncio.timeout(60), database.leading(lambda: None) as held:
        yield held


async def test_one_process_leads_and_another_when_that_has_let_go(postgres_url: str) -> None:
    one, other = ReadModel(postgres_url), ReadModel(postgres_url)
    waited = asyncio.Event()
    async with one.leading(lambda: None):
        taking = asyncio.create_task(_take(other, waited))
        await asyncio.wait_for(waited.wait(), 60)
        assert not taking.done()
    await asyncio.wait_for(taking, 60)
    await one.close()
    await other.close()


async def _take(model: ReadModel, waited: asyncio.Event) -> None:
    async with model.leading(waited.set):
        return


async def test_a_leader_that_lost_its_connection_cannot_write_and_learns_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "_PING_S", 0.05)
    one, other = ReadModel(postgres_url), ReadModel(postgres_url)
    async with leading(one) as lost:
        async with lost.writing() as db:
            backend = (await db.execute(text("SELECT pg_backend_pid()"))).scalar()
        async with other.writing() as db:
            await db.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
        async with leading(other) as held:
            for said in (
                "(?i)closed|terminat|connection|another operation",
                "connection that held the lock is lost",
            ):
                with pytest.raises(DBAPIError, match=said):
                    async with lost.writing() as db:
                        await db.execute(text("CREATE TABLE written_by_two (id INTEGER)"))
            with pytest.raises(DBAPIError, match="connection that held the lock is lost"):
                await asyncio.wait_for(lost.keep(), 60)
            async with held.writing() as db:
                assert (await db.execute(text("SELECT to_regclass('written_by_two')"))).scalar() is None
    await one.close()
    await other.close()


async def test_a_leader_that_stands_still_is_ended(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "SILENT_S", 1.0)
    stopped, other = ReadModel(postgres_url), ReadModel(postgres_url)
    async with leading(stopped) as silent:  # which does not `keep`, as if it were stopped
        async with leading(other), other.writing() as db:
            await db.execute(text("SELECT 1"))
        with pytest.raises(DBAPIError, match="(?i)connection|terminat"):
            async with silent.writing() as db:
                await db.execute(text("SELECT 1"))
    await stopped.close()
    await other.close()


async def test_a_leader_that_asks_every_second_is_left_alone(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "SILENT_S", 20.0)
    monkeypatch.setattr(leadership, "_PING_S", 0.05)
    one, other = ReadModel(postgres_url), ReadModel(postgres_url)
    waits = 0

    def waiting() -> None:
        nonlocal waits
        waits += 1

    async def take() -> None:
        async with other.leading(waiting):
            return

    async with leading(one) as held:
        keeping, taking = asyncio.create_task(held.keep()), asyncio.create_task(take())
        await until("some tries", lambda: _all([waits >= 3]))
        async with held.writing() as db:
            await db.execute(text("SELECT 1"))
        # Only now: what is cancelled while it asks is still in its transaction for a moment.
        assert not keeping.done()
        keeping.cancel()
    await asyncio.wait_for(taking, 60)
    await one.close()
    await other.close()
