"""A TCP proxy between our processes and Kafka: it cuts connections, and loses answers.

It reads no more of Kafka's protocol than the head of a request: four bytes of length, two of the API key,
two of its version, four of the correlation id (Kafka protocol guide, "Protocol Primitive Types", "Request
Header"); and of a request that sends records whether it names a topic, which stands there as two bytes of
length and the name, or for "flexible" versions one byte of its length plus one. An answer is lost by cutting
the connection when the broker has begun to give it: by then the broker has done what was asked.
"""

import asyncio
import struct
from collections import Counter, deque
from types import TracebackType
from typing import Self

PRODUCE, OFFSET_COMMIT = 0, 8
_END_S = 5.0
_HEAD = struct.Struct(">ihhi")
_REMEMBERED = 1000
"""Requests that sent records, to know one again."""


class Gate:
    """Holds back what a client sends to the topic `then`, once it has sent to the topic `first`.

    is_held  set when such a request waits; it is never passed on
    """

    def __init__(self, first: str, then: str) -> None:
        self._first, self._then = _named(first), _named(then)
        self.is_held, self._opened = asyncio.Event(), asyncio.Event()

    def is_begun_by(self, request: bytes) -> bool:
        """Whether this request is the first one's."""
        return any(name in request for name in self._first)

    def holds(self, request: bytes) -> bool:
        """Whether this one is held back, after it."""
        return any(name in request for name in self._then)

    async def wait(self) -> None:
        """Hold a request back; its connection ends when the gate opens."""
        self.is_held.set()
        await self._opened.wait()

    def open(self) -> None:
        """End the connections of what is held."""
        self._opened.set()


def _named(topic: str) -> tuple[bytes, bytes]:
    name = topic.encode()
    return struct.pack(">h", len(name)) + name, bytes([len(name) + 1]) + name


class Proxy:
    """Passes on what comes to `port` to the broker's port, as long as it is told nothing else."""

    def __init__(self, broker_port: int, port: int) -> None:
        self.broker_port, self.port = broker_port, port
        self.lose_answers_to: int | None = None
        """The API key whose answers are lost now."""
        self.refuses = False
        """Whether new connections are cut at once."""
        self.lost: Counter[int] = Counter()
        """Answers that were lost, by API key."""
        self.gate: Gate | None = None
        """What is held back now."""
        self.sent_again = 0
        """Requests with the very records of one before: they were not confirmed, and were sent once more."""
        self._sent: deque[int] = deque(maxlen=_REMEMBERED)
        self.cut_total = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_END_S)

    def cut(self) -> int:
        """Cut every open connection, without a word; how many there were."""
        cut = len(self._open) // 2
        self.cut_total += cut
        for writer in self._open:
            writer.transport.abort()
        return cut

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self.refuses:
            writer.transport.abort()
            return
        try:
            theirs, ours = await asyncio.open_connection("127.0.0.1", self.broker_port)
        except OSError:
            writer.transport.abort()
            return
        asked: dict[int, int] = {}
        self._open |= {writer, ours}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._requests(reader, ours, asked))
                group.create_task(self._answers(theirs, writer, asked))
        except* (OSError, asyncio.IncompleteReadError):
            pass  # one side has gone, and so does the other
        finally:
            self._open -= {writer, ours}
            writer.transport.abort()
            ours.transport.abort()

    async def _requests(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, asked: dict[int, int]
    ) -> None:
        begun_at: Gate | None = None
        while True:
            head = await reader.readexactly(_HEAD.size)
            length, api_key, _, correlation = _HEAD.unpack(head)
            rest = await reader.readexactly(length - _HEAD.size + 4)
            if api_key in (PRODUCE, OFFSET_COMMIT):
                asked[correlation] = api_key
            if api_key == PRODUCE:
                known = hash(rest)
                self.sent_again += known in self._sent
                self._sent.append(known)
                gate = self.gate
                if gate is not None and gate is begun_at and gate.holds(rest):
                    await gate.wait()
                    raise ConnectionResetError("the request is lost")
                if gate is not None and gate.is_begun_by(rest):
                    begun_at = gate
            to.write(head + rest)
            await to.drain()

    async def _answers(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, asked: dict[int, int]
    ) -> None:
        while True:
            head = await reader.readexactly(8)
            length, correlation = struct.unpack(">ii", head)
            api_key = asked.pop(correlation, None)
            if api_key is not None and api_key == self.lose_answers_to:
                self.lost[api_key] += 1
                raise ConnectionResetError("the answer is lost")
            to.write(head + await reader.readexactly(length - 4))
            await to.drain()
