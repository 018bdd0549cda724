"""Whether queries are posted: some proxies let GET through only.

A query is posted, since its selector may be longer than a URL can be. Where POST is refused, it is got
instead, and what is too long for a URL is asked for in pieces (`selector_pieces`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import structlog

from patternwatch.contracts.errors import SourceError, SourceLimitError
from patternwatch.cortex.circuit_breaker import CircuitBreaker
from patternwatch.cortex.detours import note_detour

log = structlog.get_logger()

MAX_URL_CHARS = 8000
"""Of a GET: nginx, HAProxy and Envoy refuse a longer request line or header by default (8 kB)."""
URL_TOO_LONG = (httpx.codes.REQUEST_URI_TOO_LONG, httpx.codes.REQUEST_HEADER_FIELDS_TOO_LARGE)
_METHOD_REFUSED = (403, 404, 405, 411, 415, 501)
"""What proxies say to a method that they do not let through, or have no route for."""
_AWAY = (503, 504)
"""Of a server that is not ready or too slow: a GET would meet it as well."""
_UNREAD = 400
"""Of a gateway that wants a token against forged requests, or takes no such method; the API itself says why
in words of its own (`was_read`)."""
_BODY_LOST = ("no expression found in input", "missing `query` arg")
"""Said of a POST whose body was dropped on the way (Prometheus 2.42 and 3.5; VictoriaMetrics 1.79)."""


class SelectorTooLongError(SourceLimitError):
    """POST is refused, and the selector does not fit into a URL: ask for parts of it."""


@dataclass(slots=True)
class PostRefused:
    """What is known of POST at one server.

    clock  seconds, rising

    >>> from patternwatch.contracts.errors import SourceRefusedError
    >>> post = PostRefused(lambda: 0.0)
    >>> post.may_be_why(SourceRefusedError("Forbidden", status=403))
    True
    >>> post.may_be_why(SourceRefusedError("CSRF token missing", status=400))
    True
    """

    clock: Callable[[], float]
    _breaker: CircuitBreaker = field(init=False)
    _has_worked: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._breaker = CircuitBreaker(self.clock)

    @property
    def is_known(self) -> bool:
        """Whether POST was refused a short while ago where a GET was let through."""
        return self._breaker.is_open

    def worked(self) -> None:
        """A POST was answered."""
        self._has_worked = True
        self._breaker.worked()

    def note(self, tenant: str, error: SourceError) -> None:
        """A GET was let through where a POST had this error."""
        note_detour("POST", error)
        pause_s = self._breaker.refused()
        log.info("source.post.refused", tenant=tenant, why=error.problem, pause_s=pause_s)

    def may_be_why(self, error: SourceError) -> bool:
        """Whether a GET may be let through where a POST had this error."""
        if any(words in error.problem for words in _BODY_LOST):
            return True
        if error.status is None or was_read(error):
            return False
        if error.status in _METHOD_REFUSED or 300 <= error.status < 400:
            return True
        is_broken = error.status >= 500 and error.status not in _AWAY
        return (is_broken or error.status == _UNREAD) and not self._has_worked


def was_read(error: SourceError) -> bool:
    """Whether a refusal shows that the question itself came through."""
    return error.is_answer or isinstance(error, SourceLimitError)


def too_long(url: str, path: str, error: SourceError) -> SelectorTooLongError:
    """The error for a selector that neither POST nor a URL takes; `error` is what was answered."""
    return SelectorTooLongError(
        f"{url} refuses POST, and the selector is too long for a URL ({error.problem})",
        f"Let POST /api/v1/{path} through, or lower analysis.shard_series",
        status=error.status,
    )
