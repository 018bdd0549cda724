"""One HTTP connection pool to a source: the tenant goes along with every request, every wait has an end.

Every failure comes out as a SourceError that says what to do; what is only busy or away for a moment is
tried again first. Nothing above this file knows of httpx's errors or of status codes.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import structlog

from patternwatch.contracts.errors import SourceLimitError
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.auth import credentials, trusted
from patternwatch.cortex.http_errors import disconnection, not_prometheus, refusal
from patternwatch.cortex.retrying import with_retries
from patternwatch.cortex.transport import AiohttpTransport

log = structlog.get_logger()

TENANT_HEADER = "X-Scope-OrgID"
_CONNECT_S = 5.0
_MAX_REFUSAL_BYTES = 1024 * 1024
"""Of an answer other than 200: what tells may stand behind the query and the label sets of stores."""


def http_client(
    settings: SourceSettings, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client with this source's credentials, certificates, timeouts and number of connections.

    Raises InputError where a secret or a certificate cannot be read.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s)),
        headers={"User-Agent": "patternwatch"},
        auth=credentials(settings),
        transport=transport or AiohttpTransport(settings.concurrency, trusted(settings)),
    )


@dataclass(frozen=True, slots=True)
class RetryTiming:
    """How pauses between tries are slept, measured and drawn; tests bring their own."""

    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    draw: Callable[[float, float], float] = random.uniform


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of status 200."""

    body: bytes
    headers: Mapping[str, str]


class Connection:
    """Requests to one source; `client` may be shared with another reader of it.

    Every method raises SourceUnavailableError, SourceRefusedError or SourceLimitError.
    """

    def __init__(
        self, settings: SourceSettings, client: httpx.AsyncClient, timing: RetryTiming | None = None
    ) -> None:
        self.url = settings.url.rstrip("/")
        self._settings = settings
        self._client = client
        self._timing = timing or RetryTiming()

    async def data(
        self,
        tenant: str,
        path: str,
        is_expected: Callable[[Any], bool],
        form: Mapping[str, str | list[str]] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """`data` of the answer of `/api/v1/PATH`: posted where there is a form, else got."""
        answer = await self.ask(tenant, path, form, params)
        try:
            said = orjson.loads(answer.body)
            data, warnings = said["data"], said.get("warnings")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise not_prometheus(self.url, answer.body) from error
        if not is_expected(data):
            raise not_prometheus(self.url)
        if warnings:  # Thanos answers without a store that is down, and says so here only
            log.warning("source.warned", tenant=tenant, path=path, warnings=warnings)
        return data

    async def ask(
        self,
        tenant: str,
        path: str,
        form: Mapping[str, str | list[str]] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer of `/api/v1/PATH`, tried again while the source is away or busy."""
        return await self._with_retries(
            self._client.build_request(
                "POST" if form else "GET",
                f"{self.url}/api/v1/{path}",
                data=form,
                params=params,
                headers={TENANT_HEADER: tenant},
            )
        )

    async def post(self, tenant: str, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer of `/api/v1/PATH` to these bytes, tried again while the source is away or busy."""
        return await self._with_retries(
            self._client.build_request(
                "POST",
                f"{self.url}/api/v1/{path}",
                content=content,
                headers={**headers, TENANT_HEADER: tenant},
            )
        )

    async def _with_retries(self, request: httpx.Request) -> Answer:
        return await with_retries(
            lambda: self._once(request),
            self._settings.timeout_s + self._settings.retry_s,
            tries=self._settings.tries,
            sleep=self._timing.sleep,
            clock=self._timing.clock,
            draw=self._timing.draw,
        )

    async def _once(self, request: httpx.Request) -> Answer:
        try:
            # httpx bounds each wait for bytes; a server that drips would keep us for ever.
            async with asyncio.timeout(self._settings.timeout_s):
                response = await self._client.send(request, stream=True)
                try:
                    body = await self._body(response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            raise disconnection(self.url, error) from error
        if response.status_code != httpx.codes.OK:
            asked = str(request.url.copy_with(query=None))
            raise refusal(asked, response.status_code, body, response.headers)
        return Answer(body, response.headers)

    async def _body(self, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        held, max_bytes = 0, self._settings.max_response_bytes
        async for part in response.aiter_bytes():
            held += len(part)
            if response.status_code != httpx.codes.OK and held > _MAX_REFUSAL_BYTES:
                break  # what it says by then is enough, and its length says nothing about the samples
            if held > max_bytes:
                raise SourceLimitError(
                    f"{self.url} answered with more than {max_bytes} bytes",
                    "Narrow the selector, or raise source.max_response_bytes",
                )
            parts.append(part)
        return b"".join(parts)
