"""Every tenant's labelled examples, read from the compacted topic `labelled-examples`.

A tenant never sees another's.
"""

from collections.abc import Sequence
from typing import Protocol

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import LABELLED_EXAMPLES, record_key
from patternwatch.kafka.compacted import CompactedTopic

log = structlog.get_logger()


class LabelStore(Protocol):
    """Where examples are looked up."""

    async def of(self, tenant: str) -> Sequence[LabelledExample]:
        """Everything that this tenant has taught until now; the same object while nothing changes."""
        ...


class Examples:
    """The latest examples by tenant, from the records of the topic in their order."""

    def __init__(self) -> None:
        self._by_key: dict[str, dict[bytes, LabelledExample]] = {}
        self._read: dict[str, tuple[LabelledExample, ...]] = {}

    def of(self, tenant: str) -> tuple[LabelledExample, ...]:
        """This tenant's examples; the same tuple until one changes."""
        if tenant not in self._read:
            self._read[tenant] = tuple(self._by_key.get(tenant, {}).values())
        return self._read[tenant]

    def apply(self, key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take a record in: an example, or a null value that deletes one; skip anything else."""
        key = key or b""
        tenant = key.decode(errors="replace").partition("/")[0]
        if value is None:
            self._by_key.get(tenant, {}).pop(key, None)
            self._read.pop(tenant, None)
            return
        try:
            example = decode(value, LabelledExample)
        except MessageError as error:
            log.error("example.unreadable", offset=offset, reason=str(error))
            return
        if key != record_key(example.tenant, example.example_id):
            log.error("example.misplaced", offset=offset, tenant=example.tenant, key=key)
            return
        self._by_key.setdefault(tenant, {})[key] = example
        self._read.pop(tenant, None)


class KafkaLabelStore:
    """The `LabelStore` over the topic `labelled-examples`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._examples = Examples()
        self._topic = CompactedTopic(settings, LABELLED_EXAMPLES, self._examples.apply)

    async def start(self) -> None:
        """Read the topic to its end; raises BrokerUnavailableError after `connect_timeout_s`."""
        await self._topic.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._topic.stop()

    async def of(self, tenant: str) -> tuple[LabelledExample, ...]:
        """See `LabelStore.of`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return self._examples.of(tenant)
