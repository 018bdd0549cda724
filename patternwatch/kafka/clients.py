"""Every Kafka client of the product is made here, so that one place knows how to reach the broker."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from patternwatch.contracts.errors import BrokerRefusedError, BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.diagnosis import explained
from patternwatch.kafka.security import client_options
from patternwatch.kafka.throttle import PatientProducer

log = structlog.get_logger()

ADMIN_TIMEOUT_MS = 5000
COMPRESSION = "zstd"
"""Of what is sent, in the event loop's thread: 60 kB of a report take .13 ms, where lz4 (which aiokafka runs
at level 9) takes .9 ms and leaves 1.4 times as much. Brokers since Kafka 2.1 take it (KIP-110)."""
METADATA_MAX_AGE_MS = 30_000
"""How soon a topic that has got more partitions is noticed, by whoever asks for this."""


def admin_client(settings: KafkaSettings, timeout_ms: int = ADMIN_TIMEOUT_MS) -> AIOKafkaAdminClient:
    """An admin client, not started yet."""
    return AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=timeout_ms)


def consumer(settings: KafkaSettings, client_id: str, *topics: str, **options: Any) -> AIOKafkaConsumer:
    """A consumer without a group that reads from the beginning, not started yet."""
    return AIOKafkaConsumer(
        *topics,
        **client_options(settings),
        client_id=client_id,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **options,
    )


def producer(settings: KafkaSettings, client_id: str, **options: Any) -> PatientProducer:
    """A producer whose records count as sent when every in-sync replica has them, not started yet."""
    return PatientProducer(
        **client_options(settings),
        client_id=client_id,
        acks="all",
        compression_type=COMPRESSION,
        **options,
    )


async def connect(settings: KafkaSettings, make: Callable[[], Any]) -> Any:
    """A started client made by `make`, tried again until the broker answers.

    Raises BrokerRefusedError as soon as a broker is there and does not let us in, BrokerUnavailableError
    naming the address after `connect_timeout_s`.
    """
    deadline = time.monotonic() + settings.connect_timeout_s
    pause = 0.1
    warned = False
    while True:
        client = make()
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.1)):
                await client.start()
            return client
        except (KafkaError, OSError, TimeoutError) as error:
            await close_client(client)
            # A broker may come up between two tries, so each may find another reason.
            found = await explained(settings, error)
            if isinstance(found, BrokerRefusedError):
                raise found from error
            if time.monotonic() + pause > deadline:
                raise BrokerUnavailableError(
                    f"Kafka at {settings.bootstrap} did not answer within {settings.connect_timeout_s:g} s",
                    "Start it (`patternwatch kafka start`) or set PATTERNWATCH_KAFKA__BOOTSTRAP",
                ) from error
            if not warned:
                log.warning("kafka.away", bootstrap=settings.bootstrap, error=type(error).__name__)
            warned = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)


@contextmanager
def quiet_client() -> Iterator[None]:
    """No log lines of aiokafka: for probes, where a refused connection is an expected answer."""
    logger = logging.getLogger("aiokafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


async def close_client(client: Any) -> None:
    """Disconnect an admin client or a consumer.

    A consumer of aiokafka cancels tasks of its own meanwhile. While connecting fails all the time, as after
    a password was changed, one of these cancellations may come out of it, before its connections are closed.
    To whoever closes it that looks like their own end: what was to go on with a new client did not, silently.
    """
    closing = asyncio.ensure_future(client.close() if hasattr(client, "close") else client.stop())
    try:
        await asyncio.wait({closing})
    except asyncio.CancelledError:  # of ours
        closing.cancel()
        raise
    if not closing.cancelled():
        closing.result()
    elif (connections := getattr(client, "_client", None)) is not None:
        await connections.close()
