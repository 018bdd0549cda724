"""The ways of reading raw samples of one selection, the best that the server offers now first.

1. remote read, streamed chunks or samples as the server likes
2. remote read, samples only: where chunks are refused, or hold an encoding that is not known here
3. a range selector in an instant query
4. query_range for the last sample of each step

No way is taken for missing by what a refusal says: gateways answer 403, 404, 500 or a page for a path that
they do not route, and each of them also in passing. A way that is refused is left for a while once another
one has worked (`circuit_breaker`), and tried again after that.

A way that has not given a series yet may also be one that never will: a gateway that swallows its requests,
a store behind it that holds nothing. So its silence, and its answer that there is nothing, are left to the
next way to confirm.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
import structlog

from patternwatch.contracts.errors import (
    SourceError,
    SourceLimitError,
    SourceRefusedError,
    SourceSlowError,
    SourceUnavailableError,
)
from patternwatch.contracts.matchers import Matchers, format_selector
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.circuit_breaker import FIRST_PAUSE_S, CircuitBreaker
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.detours import note_detour
from patternwatch.cortex.query_form import is_matrix, seconds
from patternwatch.cortex.remote_read import RemoteRead
from patternwatch.cortex.selector_pieces import SelectorPieces, may_be_the_names
from patternwatch.cortex.wire import Decoded, ResponseType

log = structlog.get_logger()

Found: TypeAlias = Decoded | list[dict[str, Any]]
"""What remote read gave, or the result of a query: a matrix."""

MAX_POINTS = 11_000
"""Points of a series that query_range gives at once."""
REMOTE_READ = ("remote read", "remote read of samples")
"""What the first two ways are called."""
_BY_QUERY = ("range selector", "query_range")
_NOT_ACCEPTED, _NOT_FOUND = 406, 404
_TOO_LARGE = (413, 414)
"""Codes of gateways, which may be about a path as well, and whatever is asked there."""
_ABSENT = frozenset({404, 405, 415, 501})
"""Says that there is no such way, and nothing of the question."""
_SILENT_PAUSE_S = 300.0
"""A way that does not answer at all is left for so long at least: another try costs a whole timeout."""
_NOTHING = "it gave no series where another way gave some"


@dataclass(slots=True)
class _Way:
    """One way: what it is called, how it asks (with so many tries), and whether it is left for now.

    has_given  whether it has given a series, ever
    """

    name: str
    ask: Callable[[Span, Matchers, int | None], Awaitable[Found]]
    breaker: CircuitBreaker
    same_path: bool = False
    """Whether it goes to the path of the way before it."""
    has_given: bool = False


class ReadingWays:
    """Reads one selection in one request by the best way there is.

    pieces  splits selectors that the server does not take
    """

    def __init__(
        self, connection: Connection, pieces: SelectorPieces, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection = connection
        self._pieces = pieces
        self._read = RemoteRead(connection)
        self._read_samples = RemoteRead(connection, (ResponseType.SAMPLES,))
        self._ways = [
            _Way(REMOTE_READ[0], self._by(self._read), CircuitBreaker(clock)),
            _Way(REMOTE_READ[1], self._by(self._read_samples), CircuitBreaker(clock), True),
            _Way(_BY_QUERY[0], self._range_selector, CircuitBreaker(clock)),
            _Way(_BY_QUERY[1], self._range_query, CircuitBreaker(clock)),
        ]

    @property
    def remote_read_kind(self) -> ResponseType | None:
        """The kind of the last answer to remote read; None where there is none, or none was asked for."""
        return self._read.kind if self._read.kind is not None else self._read_samples.kind

    async def read(self, span: Span, matchers: Matchers) -> Found:
        """All samples of the span under these matchers.

        Raises SourceLimitError where there are too many for one request, SourceUnavailableError where the
        server is away or busy, and the error of the best way where every way is refused.
        """
        refused: list[tuple[_Way, SourceError]] = []
        nothing: Found | None = None
        for way in sorted(self._ways, key=lambda w: w.breaker.is_open):
            if way.same_path and refused and _is_of_the_path(refused[-1][1]):
                refused.append((way, refused[-1][1]))
                continue
            tries = 1 if any(isinstance(e, SourceUnavailableError) for _, e in refused) else None
            try:
                found = await way.ask(span, matchers, tries)
            except SourceError as error:
                if isinstance(error, SourceLimitError) and not _may_be_the_way(way, error):
                    self._leave(span, _but_limits(refused))  # it was understood: what was refused was the way
                    raise
                is_silent = not refused and not way.has_given and _is_silence(error)
                refused.append((way, error))
                if _is_final(error) and not is_silent:
                    break
                continue
            if not _is_any(found) and not way.has_given and way.name not in _BY_QUERY:
                nothing = found if nothing is None else nothing
                refused.append((way, SourceRefusedError(_NOTHING, status=_NOT_FOUND)))
                continue
            way.breaker.worked()
            way.has_given = way.has_given or _is_any(found)
            if nothing is None or _is_any(found):
                self._leave(span, refused)
            return found
        if nothing is not None:
            return nothing
        if not _is_final(refused[-1][1]):
            return await self._otherwise(span, matchers, refused)
        raise _most_telling(refused)

    async def by_query(self, span: Span, matchers: Matchers) -> list[dict[str, Any]]:
        """The same as the matrix of a range selector, whatever way is the best; raises SourceError."""
        return await self._range_selector(span, matchers, None)

    async def _otherwise(
        self, span: Span, matchers: Matchers, refused: list[tuple[_Way, SourceError]]
    ) -> Found:
        """Every way was refused: perhaps not the way, but POST, or a selector without an exact name."""
        post, by_query = self._connection.post_refused, [e for way, e in refused if way.name in _BY_QUERY]
        before = post.is_known, self._pieces.names_are_known_to_matter
        if not any(post.may_be_why(e) or may_be_the_names(e, matchers) for e in by_query) or all(before):
            raise _most_telling(refused)
        try:
            found = await self._range_selector(span, matchers, 1, insists=True)
        except SourceLimitError:
            raise
        except SourceError:
            if before != (post.is_known, self._pieces.names_are_known_to_matter):
                return await self.read(span, matchers)  # one thing was found out; another way may do now
            raise _most_telling(refused) from None
        self._leave(span, [(way, error) for way, error in refused if way.name not in _BY_QUERY])
        return found

    def _leave(self, span: Span, refused: list[tuple[_Way, SourceError]]) -> None:
        for way, error in refused:
            note_detour(way.name, error)
            pause_s = way.breaker.refused(_SILENT_PAUSE_S if _is_silence(error) else FIRST_PAUSE_S)
            log.info("source.way.left", way=way.name, tenant=span.tenant, why=error.problem, pause_s=pause_s)

    def _by(self, read: RemoteRead) -> Callable[[Span, Matchers, int | None], Awaitable[Found]]:
        def ask(span: Span, matchers: Matchers, tries: int | None) -> Awaitable[Found]:
            return read.samples(span.tenant, matchers, (span.start_ms, span.end_ms, span.step_ms), tries)

        return ask

    async def _range_selector(
        self, span: Span, matchers: Matchers, tries: int | None, insists: bool = False
    ) -> list[dict[str, Any]]:
        async def ask(piece: Matchers) -> list[dict[str, Any]]:
            query = f"{format_selector(piece)}[{span.end_ms - span.start_ms + 1}ms]"
            form = {"query": query, "time": seconds(span.end_ms)}
            data = await self._connection.data(
                span.tenant, "query", is_matrix, form, tries=tries, or_get=insists
            )
            return list(data["result"])

        pieces = await self._pieces.ask(span, matchers, ask, or_names=insists)
        return [each for found in pieces for each in found]

    async def _range_query(self, span: Span, matchers: Matchers, tries: int | None) -> Found:
        """The last sample within each step, at the step's end: what `align` makes of raw samples."""
        step_ms = max(span.step_ms, -(-span.length_ms // (MAX_POINTS - 1)))

        async def ask(piece: Matchers) -> list[dict[str, Any]]:
            form = {
                # One ms less than the step: both ends of a range belong to it.
                "query": f"last_over_time({format_selector(piece)}[{max(step_ms - 1, 1)}ms])",
                "start": seconds(-(-span.start_ms // step_ms) * step_ms),
                "end": seconds(span.end_ms // step_ms * step_ms),
                "step": seconds(step_ms),
            }
            data = await self._connection.data(
                span.tenant, "query_range", is_matrix, form, tries=tries, or_get=False
            )
            return list(data["result"])

        pieces = await self._pieces.ask(span, matchers, ask, or_names=False)
        return [each for found in pieces for each in found]


def _may_be_the_way(way: _Way, error: SourceLimitError) -> bool:
    """Whether it is not the size: a gateway's code, of a way that has given nothing yet."""
    return not way.has_given and way.name not in _BY_QUERY and error.status in _TOO_LARGE


def _but_limits(refused: list[tuple[_Way, SourceError]]) -> list[tuple[_Way, SourceError]]:
    return [(way, error) for way, error in refused if not isinstance(error, SourceLimitError)]


def _is_any(found: Found) -> bool:
    """Whether there is a series in it, be it of native histograms alone."""
    return bool(found.labels or found.native or found.untold) if isinstance(found, Decoded) else bool(found)


def _is_silence(error: SourceError) -> bool:
    """Whether there was no answer in time, of somebody who takes requests."""
    is_slow = isinstance(error, SourceSlowError) and error.status is None
    return is_slow and not isinstance(error.__cause__, httpx.ConnectTimeout)


def _is_final(error: SourceError) -> bool:
    """Whether no other way would help: nothing answers, a pause is asked for, or we are not known."""
    if isinstance(error, SourceSlowError):  # by a gateway's word it may be this way alone
        return error.status is None or error.is_answer
    if isinstance(error, SourceUnavailableError) and error.is_answer:
        return not error.is_unclear  # in words that are not known it may be this way alone
    if isinstance(error, SourceUnavailableError):
        if error.status is None:  # gateways hang up on what they do not like, too
            return not isinstance(error.__cause__, httpx.RemoteProtocolError)
        return error.status == httpx.codes.TOO_MANY_REQUESTS or error.retry_after_s is not None
    return error.status == httpx.codes.UNAUTHORIZED


def _is_of_the_path(error: SourceError) -> bool:
    """Whether a refusal of remote read holds for every kind of its answers."""
    status = error.status or 0
    is_refused = httpx.codes.BAD_REQUEST <= status < httpx.codes.INTERNAL_SERVER_ERROR
    return _is_silence(error) or (is_refused and status != _NOT_ACCEPTED)


def _most_telling(refused: list[tuple[_Way, SourceError]]) -> SourceError:
    """Of several refusals a limit, or the API's own one; else the first that does not say "no such way"."""
    errors = [error for _, error in refused]
    if limit := next((error for error in errors if isinstance(error, SourceLimitError)), None):
        return limit
    told = [error for error in errors if error.is_answer] or [e for e in errors if e.status not in _ABSENT]
    return told[0] if told else errors[-1]
