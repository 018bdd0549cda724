"""Which analysis each alert belongs to, stored on the topic `joined-alerts`.

Every worker reads the whole topic: an alert is heard of in one worker, its report is made in another.
"""

from collections import defaultdict
from typing import Protocol

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import JOINED_ALERTS
from patternwatch.kafka.compacted import CompactedTopic
from patternwatch.kafka.producer import Publisher

log = structlog.get_logger()

KEPT_MS = JOINED_ALERTS.retention_hours * 3_600_000


class JoinedAlertStore(Protocol):
    """Where it is kept which analysis an alert belongs to."""

    async def of(self, tenant: str, fingerprint: str) -> JoinedAlert | None:
        """What was decided last of this alert; None where nothing was."""
        ...

    async def of_request(self, tenant: str, request_id: str) -> list[JoinedAlert]:
        """The alerts that belong to this analysis, the earliest first."""
        ...

    async def put(self, joined: JoinedAlert) -> None:
        """Keep this decision."""
        ...


class JoinedAlerts:
    """The latest decision by alert, from the records of the topic in their order; of the last week only."""

    def __init__(self) -> None:
        self._by_alert: dict[tuple[str, str], JoinedAlert] = {}
        self._by_request: defaultdict[tuple[str, str], dict[str, JoinedAlert]] = defaultdict(dict)

    def of(self, tenant: str, fingerprint: str) -> JoinedAlert | None:
        """See `JoinedAlertStore.of`."""
        return self._by_alert.get((tenant, fingerprint))

    def of_request(self, tenant: str, request_id: str) -> list[JoinedAlert]:
        """See `JoinedAlertStore.of_request`."""
        found = self._by_request.get((tenant, request_id), {}).values()
        return sorted(found, key=lambda alert: (alert.starts_at_ms, alert.fingerprint))

    def apply(self, _key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take a record in; skip what cannot be read."""
        if value is None:
            return
        try:
            joined = decode(value, JoinedAlert)
        except MessageError as error:
            log.error("joined_alert.unreadable", offset=offset, reason=str(error))
            return
        alert = (joined.tenant, joined.fingerprint)
        self._forget(alert)
        self._by_alert[alert] = joined  # at the end: they stand in the order of their records
        self._by_request[joined.tenant, joined.request_id][joined.fingerprint] = joined
        while (oldest := next(iter(self._by_alert.values()))).at_ms < joined.at_ms - KEPT_MS:
            self._forget((oldest.tenant, oldest.fingerprint))

    def _forget(self, alert: tuple[str, str]) -> None:
        known = self._by_alert.pop(alert, None)
        if known is None:
            return
        request = (known.tenant, known.request_id)
        self._by_request[request].pop(known.fingerprint, None)
        if not self._by_request[request]:
            del self._by_request[request]


class KafkaJoinedAlertStore:
    """The `JoinedAlertStore` over the topic `joined-alerts`."""

    def __init__(self, settings: KafkaSettings, publisher: Publisher) -> None:
        self._publisher = publisher
        self._alerts = JoinedAlerts()
        self._topic = CompactedTopic(settings, JOINED_ALERTS, self._alerts.apply)

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

    async def of_request(self, tenant: str, request_id: str) -> list[JoinedAlert]:
        """See `JoinedAlertStore.of_request`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return self._alerts.of_request(tenant, request_id)

    async def put(self, joined: JoinedAlert) -> None:
        """See `JoinedAlertStore.put`."""
        await self._publisher.publish(JOINED_ALERTS, joined)
