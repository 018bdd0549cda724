"""Sends records to one topic and waits for what comes of each on another."""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.clients import consumer, producer

ANSWER_S = 60.0


class Driver:
    """A context manager over a running Kafka; `ask` by id.

    An answer is a record whose key, or whose value where it has none, ends with the id of what was asked.
    """

    def __init__(self, settings: KafkaSettings, asked: str, answered: str) -> None:
        self._topic = asked
        self._producer = producer(settings, "bench", enable_idempotence=True, linger_ms=0)
        self._consumer = consumer(settings, "bench", answered)
        self._waiting: dict[bytes, asyncio.Future[None]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._producer.start()
        await self._consumer.start()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
        await self._consumer.stop()
        await self._producer.stop()

    async def ask(self, name: str, key: bytes | None, value: bytes) -> float:
        """Seconds from sending until the first answer; raises TimeoutError after a minute."""
        answer = self._waiting[name.encode()] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await self._producer.send(self._topic, value, key=key)
        async with asyncio.timeout(ANSWER_S):
            await answer
        return time.perf_counter() - began

    async def ask_all(self, records: Iterable[tuple[str, bytes | None, bytes]], at_once: int) -> float:
        """Seconds for all of them, with so many on their way at a time."""
        gate = asyncio.Semaphore(at_once)

        async def one(name: str, key: bytes | None, value: bytes) -> None:
            async with gate:
                await self.ask(name, key, value)

        began = time.perf_counter()
        await asyncio.gather(*(one(*record) for record in records))
        return time.perf_counter() - began

    async def _read(self) -> None:
        async for record in self._consumer:
            told = record.key or record.value or b""
            waiting = self._waiting.pop(told.rpartition(b"/")[2], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
