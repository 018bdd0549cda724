"""Which analysis each alert belongs to, stored on the topic `joined-alerts`.

Every worker reads the whole topic: an alert is heard of in one worker, its report is made in another.
"""

from dataclasses import dataclass
from typing import Protocol

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.report import MAX_REPORT_ALERTS
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import JOINED_ALERTS
from patternwatch.kafka.compacted import CompactedTopic
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.state.private_database import PrivateDatabase

log = structlog.get_logger()

KEPT_MS = JOINED_ALERTS.retention_hours * 3_600_000
_SCHEMA = """
CREATE TABLE alerts (
    tenant TEXT, fingerprint TEXT, request_id TEXT, starts_at_ms INTEGER, is_firing INTEGER, at_ms INTEGER,
    record BLOB, PRIMARY KEY (tenant, fingerprint)
) WITHOUT ROWID;
CREATE INDEX by_request ON alerts (tenant, request_id, starts_at_ms, fingerprint, is_firing);
CREATE INDEX by_time ON alerts (at_ms);
"""


@dataclass(frozen=True, slots=True)
class AlertsOfRequest:
    """The alerts that belong to an analysis.

    first   those that its report shows, the earliest first
    total   how many there are
    firing  how many of them fire
    """

    first: list[JoinedAlert]
    total: int
    firing: int


class JoinedAlertStore(Protocol):
    """Where it is kept which analysis an alert belongs to."""

    async def of(self, tenant: str, fingerprint: str) -> JoinedAlert | None:
        """What was decided last of this alert; None where nothing was."""
        ...

    async def of_request(self, tenant: str, request_id: str) -> AlertsOfRequest:
        """The alerts that belong to this analysis."""
        ...

    async def put(self, joined: JoinedAlert) -> None:
        """Keep this decision."""
        ...


class JoinedAlerts:
    """The latest decision by alert, from the records of the topic in their order; of the last week only."""

    def __init__(self) -> None:
        self.database = PrivateDatabase(_SCHEMA)

    def of(self, tenant: str, fingerprint: str) -> JoinedAlert | None:
        """See `JoinedAlertStore.of`."""
        query = "SELECT record FROM alerts WHERE tenant = ? AND fingerprint = ?"
        found = self.database.execute(query, (tenant, fingerprint)).fetchone()
        return None if found is None else decode(found[0], JoinedAlert)

    def of_request(self, tenant: str, request_id: str) -> AlertsOfRequest:
        """See `JoinedAlertStore.of_request`."""
        of_it = "FROM alerts WHERE tenant = ? AND request_id = ?"
        total, firing = self.database.execute(
            f"SELECT COUNT(*), TOTAL(is_firing) {of_it}", (tenant, request_id)
        ).fetchone()
        first = self.database.execute(
            f"SELECT record {of_it} ORDER BY starts_at_ms, fingerprint LIMIT ?",
            (tenant, request_id, MAX_REPORT_ALERTS),
        )
        return AlertsOfRequest([decode(record, JoinedAlert) for (record,) in first], total, int(firing))

    def apply(self, _key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take a record in; skip what cannot be read."""
        if value is None:
            return
        try:
            joined = decode(value, JoinedAlert)
        except MessageError as error:
            log.error("joined_alert.unreadable", offset=offset, reason=str(error))
            return
        row = (
            joined.tenant,
            joined.fingerprint,
            joined.request_id,
            joined.starts_at_ms,
            joined.status == "firing",
            joined.at_ms,
            value,
        )
        self.database.execute("REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        self.database.execute("DELETE FROM alerts WHERE at_ms < ?", (joined.at_ms - KEPT_MS,))


class KafkaJoinedAlertStore:
    """The `JoinedAlertStore` over the topic `joined-alerts`."""

    def __init__(self, settings: KafkaSettings, publisher: Publisher) -> None:
        self._publisher = publisher
        self._alerts = JoinedAlerts()
        self._topic = CompactedTopic(settings, JOINED_ALERTS, self._alerts.apply)
        self._alerts.database.on_lost = self._topic.read_anew

    async def start(self) -> None:
        """Read the topic, which must be there, to its end.

        Raises BrokerUnavailableError after `connect_timeout_s`.
        """
        await self._topic.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._topic.stop()

    async def of(self, tenant: str, fingerprint: str) -> JoinedAlert | None:
        """See `JoinedAlertStore.of`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return self._alerts.of(tenant, fingerprint)

    async def of_request(self, tenant: str, request_id: str) -> AlertsOfRequest:
        """See `JoinedAlertStore.of_request`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return self._alerts.of_request(tenant, request_id)

    async def put(self, joined: JoinedAlert) -> None:
        """See `JoinedAlertStore.put`."""
        await self._publisher.publish(JOINED_ALERTS, joined)
