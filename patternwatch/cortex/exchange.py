"""One request and its whole answer, tried again where that may help; every wait has an end.

Every failure comes out as a SourceError that says what to do. Nothing above this file knows httpx's errors.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx

from patternwatch.contracts.errors import SourceLimitError
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.clock_skew import ClockWatch
from patternwatch.cortex.disconnections import disconnection
from patternwatch.cortex.http_errors import refusal
from patternwatch.cortex.retrying import with_retries
from patternwatch.cortex.traffic import note_bytes, note_request

_MAX_REFUSAL_BYTES = 1024 * 1024
"""Of an answer other than 200: what tells may stand behind the query and the label sets of stores."""
_SUCCESS = (httpx.codes.OK, httpx.codes.NON_AUTHORITATIVE_INFORMATION)
"""The latter is the former, through a proxy that transforms answers (RFC 9110, 15.3.4)."""
_API_ERROR = b'"errorType"'
"""Stands in every error that the Prometheus HTTP API itself writes."""


@dataclass(frozen=True, slots=True)
class RetryTiming:
    """How pauses between tries are slept, measured and drawn; tests bring their own."""

    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    draw: Callable[[float, float], float] = random.uniform


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of status 200, or 203."""

    body: bytes
    headers: Mapping[str, str]


class Exchange:
    """Sends requests to one source over `client`, which others may share."""

    def __init__(
        self,
        settings: SourceSettings,
        client: httpx.AsyncClient,
        timing: RetryTiming,
        clocks: ClockWatch | None = None,
    ) -> None:
        self._url = settings.url.rstrip("/")
        self._settings = settings
        self._client = client
        self._timing = timing
        self.clocks = clocks or ClockWatch(self._url, clock=timing.clock)

    async def send(self, request: httpx.Request, tries: int | None = None) -> Answer:
        """The answer, tried again while the source is away or busy.

        tries  how often at most; by default as the settings say
        Raises SourceUnavailableError, SourceRefusedError or SourceLimitError.
        """
        return await with_retries(
            lambda: self._once(request),
            self._settings.timeout_s + self._settings.retry_s,
            tries=tries or self._settings.tries,
            sleep=self._timing.sleep,
            clock=self._timing.clock,
            draw=self._timing.draw,
        )

    async def _once(self, request: httpx.Request) -> Answer:
        try:
            # httpx bounds each wait for bytes; a server that drips would keep us for ever.
            async with asyncio.timeout(self._settings.timeout_s):
                note_request()
                response = await self._client.send(request, stream=True)
                self.clocks.heard(response.headers)
                try:
                    body = await self._body(response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, TimeoutError) as failure:
            raise disconnection(self._url, failure) from failure
        if response.status_code not in _SUCCESS:
            asked = str(request.url.copy_with(query=None))
            error = refusal(asked, response.status_code, body, response.headers)
            error.is_answer = error.is_answer or _API_ERROR in body
            raise error
        return Answer(body, response.headers)

    async def _body(self, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        held, max_bytes = 0, self._settings.max_response_bytes
        async for part in response.aiter_bytes():
            held += len(part)
            if response.status_code not in _SUCCESS and held > _MAX_REFUSAL_BYTES:
                break  # what it says by then is enough, and its length says nothing about the samples
            if held > max_bytes:
                raise SourceLimitError(
                    f"{self._url} answered with more than {max_bytes} bytes",
                    "Narrow the selector, or raise source.max_response_bytes",
                )
            parts.append(part)
        note_bytes(held)
        return b"".join(parts)
