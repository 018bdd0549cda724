"""Waiting as long as a broker says, where a quota holds a producer back.

A broker answers at once with a time (`throttle_time_ms`), and reads nothing more from that connection until
it is over (KIP-219). aiokafka takes no notice: its next request waits there, runs into its timeout, and looks
like a broker that is away.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer

log = structlog.get_logger()

TOLD_S = 60.0
"""A quota is told for so long after a broker last named a time, and logged once in it."""


class Throttle:
    """Until when each broker wants nothing. Times are seconds, monotonic.

    >>> throttle = Throttle("worker", clock=lambda: 7.0)
    >>> throttle.left_s(1), throttle.why()
    (0.0, '')
    >>> throttle.ends_at(1, 9.5)
    >>> throttle.left_s(1), throttle.left_s(2), throttle.why()[:57]
    (2.5, 0.0, "a quota of Kafka's holds back what the client 'worker' se")
    """

    def __init__(self, client_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client_id, self._clock = client_id, clock
        self._until: dict[Any, float] = {}

    def told(self, node: Any, throttle_ms: int) -> None:
        """A broker wants nothing for so long."""
        if throttle_ms <= 0:
            return
        if not self.why():
            log.warning(
                "kafka.throttled",
                client_id=self._client_id,
                wait_s=throttle_ms / 1000,
                remedy="Raise producer_byte_rate of this client or user (`kafka-configs --describe "
                "--entity-type clients`, and users), or give it none",
            )
        self.ends_at(node, self._clock() + throttle_ms / 1000)

    def ends_at(self, node: Any, until: float) -> None:
        """A broker wants nothing until then."""
        self._until[node] = until

    def left_s(self, node: Any) -> float:
        """For how long this broker wants nothing."""
        return max(self._until.get(node, 0.0) - self._clock(), 0.0)

    @property
    def holds(self) -> bool:
        """Whether any broker wants nothing now."""
        return any(self.left_s(node) for node in self._until)

    def why(self) -> str:
        """That a quota slows this client down, where it did within the last minute; else empty."""
        if not self._until or max(self._until.values()) + TOLD_S < self._clock():
            return ""
        return f"a quota of Kafka's holds back what the client {self._client_id!r} sends (producer_byte_rate)"


class PatientProducer(AIOKafkaProducer):  # type: ignore[misc] # aiokafka has no types
    """A producer that sends a broker nothing before the time is over that it named."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.throttle = Throttle(str(options.get("client_id", "")))
        sending = self.client.send

        async def send(node_id: Any, request: Any, **how: Any) -> Any:
            await asyncio.sleep(self.throttle.left_s(node_id))
            response = await sending(node_id, request, **how)
            self.throttle.told(node_id, getattr(response, "throttle_time_ms", None) or 0)
            return response

        self.client.send = send
