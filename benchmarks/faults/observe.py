"""What can be seen from outside: every record of some topics, and what the API shows."""

import asyncio
import re
import time
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import httpx
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from benchmarks.faults.check import Content, Seen, ShownAlert
from benchmarks.faults.load import TENANT
from patternwatch.contracts.codec import decode
from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.topics import DEAD_LETTERS, REPORTS, SHARD_RESULTS
from patternwatch.kafka.topics import topic_name

_CLUSTER = re.compile(r'cluster="k(\d)-(\d{6})"')
_POLL_MS = 200
_LOOK_S = 2.0


class TopicObserver:
    """Reads reports, results and dead letters past the proxy, from the beginning on."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self.published: list[Seen] = []
        self.results: Counter[str] = Counter()
        """How often each shard's result of each look was published."""
        self.dead_letters: set[tuple[str, int, int]] = set()
        """Where those records lay: topic without prefix, partition, offset."""
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        topics = {
            topic_name(self._settings, topic): topic for topic in (REPORTS, SHARD_RESULTS, DEAD_LETTERS)
        }
        consumer = AIOKafkaConsumer(
            *topics, bootstrap_servers=self._settings.bootstrap, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            while True:
                try:
                    batches = await consumer.getmany(timeout_ms=_POLL_MS)
                except KafkaError:
                    await asyncio.sleep(0.2)
                    continue
                for tp, records in batches.items():
                    for record in records:
                        with suppress(MessageError):  # what we sent ourselves to be unreadable
                            self._take(topics[tp.topic].name, record)
        finally:
            await consumer.stop()

    def _take(self, topic: str, record: Any) -> None:
        if topic == REPORTS.name:
            report = decode(record.value, Report)
            if report.tenant == TENANT:  # else it came of a mutant
                self.published.append(_seen(report, record.offset, time.time()))
        elif topic == SHARD_RESULTS.name:
            result = decode(record.value, ShardResult)
            if result.request.tenant == TENANT:
                self.results[f"{result.shard_id}/{result.request.look}"] += 1
        else:
            letter = decode(record.value, DeadLetter)
            name = letter.topic.removeprefix(self._settings.topic_prefix)
            self.dead_letters.add((name, letter.partition, letter.offset))


class ApiObserver:
    """Looks at the lists of the API again and again, as a page does; `looked_at` is what changed.

    One page after the other: of two answers on their way at once the older could come last, and what it shows
    would look like a step back.
    """

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=f"{url}/api/v1/tenants/{TENANT}", timeout=10)
        self._turn = asyncio.Lock()
        self._last: dict[str, tuple[int, str]] = {}
        self.looked_at: list[Seen] = []

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def run(self) -> None:
        """Look at the latest reports for ever; an API that does not answer is looked at later."""
        while True:
            with suppress(httpx.HTTPError):
                await self._page("reports", {"limit": 200})
            await asyncio.sleep(_LOOK_S)

    async def all(self) -> list[Seen]:
        """Every report that can be read now; raises httpx.HTTPError."""
        return [_shown(row, 0) for row in await self._pages("reports")]

    async def alerts(self) -> list[ShownAlert]:
        """Every alert that can be read now; raises httpx.HTTPError."""
        return [
            ShownAlert(named[2], int(row["labels"].get("number", "0")), row["report_id"])
            for row in await self._pages("alerts")
            if (named := _CLUSTER.search(f'cluster="{row["labels"].get("cluster", "")}"'))
        ]

    async def _pages(self, what: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        params: dict[str, Any] = {"limit": 200}
        while True:
            page = await self._page(what, params)
            rows += page[what]
            if page["next"] is None:
                return rows
            params["before"] = page["next"]

    async def _page(self, what: str, params: dict[str, Any]) -> dict[str, Any]:
        async with self._turn:
            page: dict[str, Any] = (
                (await self._client.get(f"/{what}", params=params)).raise_for_status().json()
            )
            if what == "reports":
                self._note(page[what])
            return page

    def _note(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            now = (row["revision"], row["status"])
            if self._last.get(row["report_id"]) != now:
                self._last[row["report_id"]] = now
                self.looked_at.append(_shown(row, len(self.looked_at)))


def _seen(report: Report, order: int, at: float) -> Seen:
    entity = report.entities[0].entity if report.entities else ""
    counts = report.counts
    content = Content(counts.selected, counts.analysed, counts.flagged, entity)
    case, attempt = _whose(report.selector)
    return Seen(attempt, case, report.report_id, report.revision, report.status, content, order, at)


def _shown(row: dict[str, Any], order: int) -> Seen:
    entity = row["entities"][0]["entity"] if row["entities"] else ""
    content = Content(row["selected"], row["analysed"], row["flagged"], entity)
    case, attempt = _whose(row["selector"])
    at = (row["published_at_ms"] or 0) / 1000
    return Seen(attempt, case, row["report_id"], row["revision"], row["status"], content, order, at)


def _whose(selector: str) -> tuple[int, str]:
    named = _CLUSTER.search(selector)
    return (int(named[1]), named[2]) if named else (-1, "")
