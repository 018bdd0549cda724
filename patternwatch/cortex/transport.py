"""httpx's requests over aiohttp's connections, whose parser is compiled.

A server that streams chunks flushes one frame a series. httpx's own transport takes every such piece through
three layers of Python, which costs as much again as decoding all of them; here they come as they lie in the
buffer, many at once. Nothing is taken from the environment: no proxies, no .netrc. A proxy is a setting.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ssl import SSLContext
from types import SimpleNamespace

import aiohttp
import httpx
from yarl import URL

_READ_AHEAD = 1024 * 1024
"""Bytes that wait for us before the server is asked to wait."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """At most `connections` at once, kept alive.

    trusted  says which servers are who they say, and holds our own certificate
    proxy    URL of a proxy through which all requests go, None for none
    Raises httpx.ConnectTimeout where nobody takes the connection, httpx.TimeoutException where anything else
    takes too long, httpx.RemoteProtocolError where an answer broke off or never began, and
    httpx.TransportError for all else.
    """

    def __init__(self, connections: int, trusted: SSLContext, proxy: str | None = None) -> None:
        self._connections = connections
        self._trusted = trusted
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it; the answer's body is read as it is asked for."""
        waits = request.extensions["timeout"]
        connecting = _Connecting()
        with _as_httpx(connecting):
            response = await self._open().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                proxy=self._proxy,
                trace_request_ctx=connecting,
                timeout=aiohttp.ClientTimeout(
                    connect=waits["pool"], sock_connect=waits["connect"], sock_read=waits["read"]
                ),
            )
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:  # it belongs to the event loop, which is not there earlier
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, ssl=self._trusted),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # httpx does it
                read_bufsize=_READ_AHEAD,
                trace_configs=[_tracing()],
            )
        return self._session


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for part in self._response.content.iter_any():
                yield part

    async def aclose(self) -> None:
        self._response.close()  # a connection whose answer is read to its end has gone back before


@dataclass(slots=True)
class _Connecting:
    """Whether a request waits for the other side now, and not for one of our connections to be free."""

    now: bool = False


def _tracing() -> aiohttp.TraceConfig:
    async def begin(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.now = True

    async def end(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.now = False

    config = aiohttp.TraceConfig()
    config.on_connection_create_start.append(begin)
    config.on_connection_create_end.append(end)
    return config


@contextmanager
def _as_httpx(connecting: _Connecting | None = None) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        kind = httpx.ConnectTimeout if connecting and connecting.now else httpx.TimeoutException
        raise kind(str(error)) from error
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, ConnectionResetError) as error:
        raise httpx.RemoteProtocolError(str(error) or type(error).__name__) from error
    except (aiohttp.ClientError, OSError) as error:
        raise httpx.TransportError(str(error) or type(error).__name__) from error
