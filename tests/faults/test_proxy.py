"""The proxy passes on, cuts, and loses the answers that it is told to, after the broker has them."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from benchmarks.faults.proxy import OFFSET_COMMIT, PRODUCE, Gate, Proxy
from tests.support import free_port


@asynccontextmanager
async def broker(asked: list[int]) -> AsyncIterator[int]:
    """One that answers every request with its correlation id, and notes its API key."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (length,) = struct.unpack(">i", await reader.readexactly(4))
                body = await reader.readexactly(length)
                api_key, _, correlation = struct.unpack_from(">hhi", body)
                asked.append(api_key)
                writer.write(struct.pack(">ii", 7, correlation) + b"abc")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.correlation = reader, writer, 0

    @classmethod
    async def connect(cls, port: int) -> "Client":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, api_key: int, rest: bytes = b"xy") -> bytes:
        self.correlation += 1
        self.writer.write(struct.pack(">ihhi", 8 + len(rest), api_key, 0, self.correlation) + rest)
        async with asyncio.timeout(60):
            (length,) = struct.unpack(">i", await self.reader.readexactly(4))
            body = await self.reader.readexactly(length)
        assert struct.unpack(">i", body[:4]) == (self.correlation,)
        return body[4:]


async def test_it_passes_on_and_cuts() -> None:
    async with broker([]) as port, Proxy(port, free_port()) as proxy:
        client = await Client.connect(proxy.port)
        assert await client.ask(PRODUCE) == b"abc"
        assert proxy.cut() == 1
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.ask(PRODUCE)
        assert await (await Client.connect(proxy.port)).ask(PRODUCE) == b"abc"


async def test_it_refuses_new_connections_while_it_is_told_to() -> None:
    async with broker([]) as port, Proxy(port, free_port()) as proxy:
        proxy.refuses = True
        client = await Client.connect(proxy.port)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.ask(PRODUCE)


async def test_an_answer_is_lost_after_the_broker_has_done_what_was_asked() -> None:
    asked: list[int] = []
    async with broker(asked) as port, Proxy(port, free_port()) as proxy:
        proxy.lose_answers_to = OFFSET_COMMIT
        client = await Client.connect(proxy.port)
        assert await client.ask(PRODUCE) == b"abc"
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.ask(OFFSET_COMMIT)
        assert asked == [PRODUCE, OFFSET_COMMIT]
        assert proxy.lost == {OFFSET_COMMIT: 1}


async def test_without_a_broker_connections_end_at_once() -> None:
    async with Proxy(free_port(), free_port()) as proxy:
        client = await Client.connect(proxy.port)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.ask(PRODUCE)


async def test_records_that_are_sent_again_are_counted() -> None:
    async with broker([]) as port, Proxy(port, free_port()) as proxy:
        for rest in (b"one", b"two", b"one"):
            await (await Client.connect(proxy.port)).ask(PRODUCE, rest)
        await (await Client.connect(proxy.port)).ask(OFFSET_COMMIT, b"one")
        assert proxy.sent_again == 1


@pytest.mark.parametrize("topic", [b"\0\x05looks", b"\x06looks"])
async def test_a_gate_holds_back_what_comes_after_and_it_never_reaches_the_broker(topic: bytes) -> None:
    asked: list[int] = []
    async with broker(asked) as port, Proxy(port, free_port()) as proxy:
        gate = proxy.gate = Gate("reports", "looks")
        other, client = await Client.connect(proxy.port), await Client.connect(proxy.port)
        await other.ask(PRODUCE, topic)  # it has sent no report before
        await client.ask(PRODUCE, b"..\0\x07reports..")
        held = asyncio.create_task(client.ask(PRODUCE, b".." + topic))
        async with asyncio.timeout(60):
            await gate.is_held.wait()
        proxy.gate = None
        gate.open()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await held
        assert len(asked) == 2
        assert await (await Client.connect(proxy.port)).ask(PRODUCE, topic) == b"abc"
