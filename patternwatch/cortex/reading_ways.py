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

import structlog

from patternwatch.contracts.errors import (
    SourceError,
    SourceLimitError,
    SourceRefusedError,
    SourceUnavailableError,
)
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.circuit_breaker import FIRST_PAUSE_S, CircuitBreaker
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.detours import note_detour
from patternwatch.cortex.query_ways import QueryWays
from patternwatch.cortex.remote_read import RemoteRead
from patternwatch.cortex.selector_pieces import SelectorPieces, may_be_the_names
from patternwatch.cortex.way_refusals import is_final, is_of_the_path, is_silence, most_telling
from patternwatch.cortex.wire import Decoded, ResponseType

log = structlog.get_logger()

Found: TypeAlias = Decoded | list[dict[str, Any]]
"""What remote read gave, or the result of a query: a matrix."""

REMOTE_READ = ("remote read", "remote read of samples")
"""What the first two ways are called."""
_BY_QUERY = ("range selector", "query_range")
_NOT_FOUND = 404
_TOO_LARGE = (413, 414)
"""Codes of gateways, which may be about a path as well, and whatever is asked there."""
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
        self._by_query = QueryWays(connection, pieces)
        self._ways = [
            _Way(REMOTE_READ[0], self._by(self._read), CircuitBreaker(clock)),
            _Way(REMOTE_READ[1], self._by(self._read_samples), CircuitBreaker(clock), True),
            _Way(_BY_QUERY[0], self._by_query.range_selector, CircuitBreaker(clock)),
            _Way(_BY_QUERY[1], self._by_query.range_query, CircuitBreaker(clock)),
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
            if way.same_path and refused and is_of_the_path(refused[-1][1]):
                refused.append((way, refused[-1][1]))
                continue
            tries = 1 if any(isinstance(e, SourceUnavailableError) for _, e in refused) else None
            try:
                found = await way.ask(span, matchers, tries)
            except SourceError as error:
                if isinstance(error, SourceLimitError) and not _may_be_the_way(way, error):
                    self._leave(span, _but_limits(refused))  # it was understood: what was refused was the way
                    raise
                is_silent = not refused and not way.has_given and is_silence(error)
                refused.append((way, error))
                if is_final(error) and not is_silent:
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
        if not is_final(refused[-1][1]):
            return await self._otherwise(span, matchers, refused)
        raise _most_telling(refused)

    async def by_query(self, span: Span, matchers: Matchers) -> list[dict[str, Any]]:
        """The same as the matrix of a range selector, whatever way is the best; raises SourceError."""
        return await self._by_query.range_selector(span, matchers, None)

    async def _otherwise(
        self, span: Span, matchers: Matchers, refused: list[tuple[_Way, SourceError]]
    ) -> Found:
        """Every way was refused: perhaps not the way, but POST, or a selector without an exact name."""
        post, by_query = self._connection.post_refused, [e for way, e in refused if way.name in _BY_QUERY]
        before = post.is_known, self._pieces.names_are_known_to_matter
        if not any(post.may_be_why(e) or may_be_the_names(e, matchers) for e in by_query) or all(before):
            raise _most_telling(refused)
        try:
            found = await self._by_query.range_selector(span, matchers, 1, insists=True)
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
            pause_s = way.breaker.refused(_SILENT_PAUSE_S if is_silence(error) else FIRST_PAUSE_S)
            log.info("source.way.left", way=way.name, tenant=span.tenant, why=error.problem, pause_s=pause_s)

    def _by(self, read: RemoteRead) -> Callable[[Span, Matchers, int | None], Awaitable[Found]]:
        def ask(span: Span, matchers: Matchers, tries: int | None) -> Awaitable[Found]:
            return read.samples(span.tenant, matchers, (span.start_ms, span.end_ms, span.step_ms), tries)

        return ask


def _may_be_the_way(way: _Way, error: SourceLimitError) -> bool:
    """Whether it is not the size: a gateway's code, of a way that has given nothing yet."""
    return not way.has_given and way.name not in _BY_QUERY and error.status in _TOO_LARGE


def _but_limits(refused: list[tuple[_Way, SourceError]]) -> list[tuple[_Way, SourceError]]:
    return [(way, error) for way, error in refused if not isinstance(error, SourceLimitError)]


def _is_any(found: Found) -> bool:
    """Whether there is a series in it, be it of native histograms alone."""
    return bool(found.labels or found.native or found.untold) if isinstance(found, Decoded) else bool(found)


def _most_telling(refused: list[tuple[_Way, SourceError]]) -> SourceError:
    return most_telling([error for _, error in refused])
