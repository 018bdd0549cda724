"""As much HTTP/1.1 as pods need: keep-alive, bodies of known length, TLS. Small, since there are many."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

HEAD_LIMIT = 16_384


@dataclass(frozen=True)
class Request:
    """What a caller asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What it is answered."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


Handler = Callable[[Request], Awaitable[Answer]]


async def read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    """First line, headers in small letters, and the body of a message.

    Raises:
        asyncio.IncompleteReadError: The other end closed the connection.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = int(headers.get("content-length", 0))
    return first, headers, await reader.readexactly(length) if length else b""


def message(first: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A request or an answer as bytes."""
    lines = [first, *(f"{name}: {value}" for name, value in headers.items())]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


async def serve(handler: Handler, host: str, port: int, tls: ssl.SSLContext | None = None) -> asyncio.Server:
    """Answer requests until the server is closed."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                first, headers, body = await read_head(reader)
                method, path, _ = first.split(" ", 2)
                answer = await handler(Request(method, path, headers, body))
                head = {"Content-Type": answer.content_type, **answer.headers}
                writer.write(message(f"HTTP/1.1 {answer.status} Status", head, answer.body))
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError, ValueError, asyncio.CancelledError):
            pass  # the caller went away, spoke no HTTP, or this process ends
        finally:
            writer.close()

    return await asyncio.start_server(connected, host, port, limit=HEAD_LIMIT, ssl=tls, backlog=256)


@dataclass
class Connection:
    """One kept connection to a server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    born: float

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request and read its answer.

        Raises:
            OSError, asyncio.IncompleteReadError: The connection broke.
        """
        self.writer.write(message(f"{method} {path} HTTP/1.1", {"Host": "pod", **headers}, body))
        await self.writer.drain()
        first, answered, answer = await read_head(self.reader)
        return Answer(int(first.split(" ", 2)[1]), answer, answered)
