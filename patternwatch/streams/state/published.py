"""Which revisions are out, read from the topic `reports` itself, where the state of a look may not know it.

A worker that is killed between a report and the state of its look leaves a state that knows nothing of the
report. The next owner of the partition makes the report again; with a source that fails by then, a lower
revision than the one that is out.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import orjson
import structlog

from patternwatch.contracts.looks import Look
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import REPORTS, record_key
from patternwatch.kafka.compacted import CompactedTopic

log = structlog.get_logger()

SKEW_MS = 60_000
"""By how much the clocks of two workers, or of a worker and the broker, may differ."""
MAX_KNOWN = 200_000
"""Reports whose revision is remembered, some 200 bytes each: as many as an outage leaves to be made again."""


class PublishedReports(Protocol):
    """Tells which revisions are out."""

    async def revision(self, request: AnalysisRequest, known: Look) -> int:
        """The highest that is out of this look's report; -1 where none is, or where `known` tells it."""
        ...


class StateTells:
    """The `PublishedReports` of one process alone, whose states tell of everything that is out."""

    async def revision(self, request: AnalysisRequest, known: Look) -> int:
        """See `PublishedReports.revision`."""
        return -1


class Revisions:
    """The highest revision of each report, from the records of its topic."""

    def __init__(self, max_known: int = MAX_KNOWN) -> None:
        self._max_known = max_known
        self._known: OrderedDict[bytes, int] = OrderedDict()

    def get(self, key: bytes) -> int:
        """The highest of the report whose records have this key; -1 for none."""
        return self._known.get(key, -1)

    def apply(self, key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take a record in; skip what is no report, as a null value that deletes one."""
        if key is None or value is None:
            return
        try:
            revision = orjson.loads(value)["revision"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            log.warning("report.unreadable", offset=offset, reason=str(error))
            return
        if isinstance(revision, int):
            self._known[key] = max(revision, self.get(key))
            self._known.move_to_end(key)
            while len(self._known) > self._max_known:
                self._known.popitem(last=False)


class KafkaPublishedReports:
    """The `PublishedReports` over the topic `reports`: it reads what came since a look was asked for.

    Nothing is read of a look that was asked for after the partitions were dealt: whoever might have published
    its report is still there, since the group is dealt anew when one of its members has gone. Of those that
    were asked for before, all that wait for a read share the next one.
    """

    def __init__(self, settings: KafkaSettings, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._revisions = Revisions()
        self._topic = CompactedTopic(settings, REPORTS, self._revisions.apply, follows=False)
        self._turn = asyncio.Lock()
        self._reads = 0
        """That have begun."""
        self._assigned_ms = self._from_ms = self._read_ms = 0

    async def start(self) -> None:
        """Connect; reads nothing yet. Raises BrokerUnavailableError after `connect_timeout_s`."""
        self._from_ms = self._read_ms = self._now_ms()
        await self._topic.start(self._from_ms)

    async def stop(self) -> None:
        """Disconnect."""
        await self._topic.stop()

    def assigned(self) -> None:
        """The partitions have just been dealt: who had them may have left reports that no state tells of."""
        self._assigned_ms = self._now_ms()

    async def revision(self, request: AnalysisRequest, known: Look) -> int:
        """See `PublishedReports.revision`; waits as long as the broker is away."""
        asked_ms = known.changed_ms if request.asked_ms is None else request.asked_ms
        if asked_ms > self._assigned_ms + SKEW_MS:
            return -1
        since_ms, reads = max(asked_ms - SKEW_MS, 0), self._reads
        async with self._turn:
            if self._reads == reads or since_ms < self._from_ms:
                await self._read(since_ms)
        return self._revisions.get(record_key(request.tenant, request.request_id))

    async def _read(self, since_ms: int) -> None:
        if not self._from_ms <= since_ms <= self._read_ms:  # what lies between is nobody's question
            await self._topic.seek_to_time(since_ms)
            self._from_ms = since_ms
        self._reads += 1
        began_ms = self._now_ms()
        await self._topic.read_to_end()
        self._read_ms = began_ms
