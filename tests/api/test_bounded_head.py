"""Whoever reaches the port cannot make it keep a head without an end."""

import asyncio

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from patternwatch.api.http.bounded_head import MAX_HEAD_BYTES, BoundedHead


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the number of bytes of the body."""
    assert scope["type"] == "http"
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"8")]})
    await send({"type": "http.response.body", "body": b"%8d" % size})


async def answered(*pieces: bytes) -> bytes:
    """What the server says to these pieces, each sent by itself, until it hangs up or says no more."""
    config = uvicorn.Config(application, port=0, http=BoundedHead, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return await reader.read()
    finally:
        writer.close()
        server.should_exit = True
        await serving


HEAD = b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"


@pytest.mark.parametrize("before", [b"GET /", HEAD + b"x: "], ids=["the line", "a header"])
async def test_a_head_without_an_end_is_refused(before: bytes) -> None:
    answer = await answered(before, *([b"a" * 8192] * 8))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert str(MAX_HEAD_BYTES).encode() in answer


async def test_many_headers_that_are_long_together_are_refused() -> None:
    answer = await answered(HEAD, *(b"x-%d: %s\r\n" % (n, b"a" * 4000) for n in range(17)))
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_a_long_head_in_pieces_and_a_body_longer_than_any_head_are_taken() -> None:
    long_head = (HEAD, b"x: " + b"a" * 30_000, b"a" * 30_000 + b"\r\n")
    body = [b"b" * 50_000] * 4
    answer = await answered(*long_head, b"content-length: 200000\r\n\r\n", *body)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"  200000")


async def test_each_request_of_a_connection_has_a_head_of_its_own() -> None:
    kept = b"GET / HTTP/1.1\r\nhost: a\r\n"
    half = b"x: " + b"a" * 40_000 + b"\r\n"
    answer = await answered(kept, half, b"\r\n", kept, half, b"connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 ") == 2
