"""Who takes no connection is not slow: he is not there, or a firewall drops what is sent to him."""

import asyncio
import socket
import ssl

import httpx
import pytest

from patternwatch.cortex.transport import AiohttpTransport

SHORT = httpx.Timeout(30.0, connect=0.2, pool=0.2)


def client(connections: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=AiohttpTransport(connections, ssl.create_default_context()), timeout=SHORT
    )


async def test_a_connection_that_nobody_takes_is_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        full = [socket.socket() for _ in range(3)]  # what is beyond the queue is dropped, as firewalls do
        for each in full:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        async with client(connections=2) as asks:
            with pytest.raises(httpx.ConnectTimeout):
                await asks.get(f"http://127.0.0.1:{port}/")
        for each in full:
            each.close()


async def test_waiting_for_a_connection_of_ours_is_no_sign_that_nobody_is_there() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    async with server, client(connections=1) as asks:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        first = asyncio.create_task(asks.get(url))
        await asyncio.sleep(0.05)
        with pytest.raises(httpx.TimeoutException) as told:
            await asks.get(url)
        assert not isinstance(told.value, httpx.ConnectTimeout)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
