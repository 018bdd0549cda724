"""Selectors that a server does not take as they are: asked for in pieces that it takes.

Some managed stores want one exact metric name in each query (Google's: no other matcher on the name, and not
none), so that names are asked for one by one; and where POST is refused, a selector has to fit into a URL, so
that its alternatives are asked for in halves. Both are found out by what happens: the pieces work where the
whole was refused.
Source: Google Cloud documentation, "PromQL compatibility", "Matching on metric names" (July 2025).
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from patternwatch.contracts.errors import SourceError, SourceRefusedError
from patternwatch.contracts.matchers import Matcher, Matchers, format_selector
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.circuit_breaker import CircuitBreaker
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.label_partition import matcher_of
from patternwatch.cortex.listed_values import parts_of, unescaped
from patternwatch.cortex.post_refused import SelectorTooLongError
from patternwatch.cortex.query_form import seconds

log = structlog.get_logger()
T = TypeVar("T")

NAME = "__name__"
_SAME_END_MS = 600_000
"""Spans that end within so long of each other have the same names."""
FRESH_S = 60.0
"""How long a list of names holds: counting and reading of one analysis share it."""
_QUESTION_REFUSED = (400, 403, 422, 501)
"""What may be said of the expression, and not of the path."""
_LITERAL = re.compile(r"(?:[^\\.+*?()\[\]{}^$|]|\\[^a-zA-Z0-9])+")


class SelectorPieces:
    """Asks for a selection whole, or for the pieces of it that the server takes.

    at_once  how many pieces are asked for at once
    """

    def __init__(
        self, connection: Connection, at_once: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection = connection
        self._at_once = asyncio.Semaphore(at_once)
        self._clock = clock
        self._without_names = CircuitBreaker(clock)
        self._listed: dict[tuple[str, str, int], tuple[list[str], float]] = {}

    @property
    def names_are_known_to_matter(self) -> bool:
        """Whether this server was seen to want exact names a short while ago."""
        return self._without_names.is_open

    async def ask(
        self,
        span: Span,
        matchers: Matchers,
        ask: Callable[[Matchers], Awaitable[T]],
        or_names: bool = True,
    ) -> list[T]:
        """What `ask` gives for each piece; the pieces have no series in common.

        or_names  whether to find out by names one by one that the server wants exact names
        Raises what `ask` raises of the whole where the pieces are refused as well.
        """
        if any(m.name == NAME and m.op == "=" for m in matchers):
            return await self._fitting(matchers, ask)
        if self._without_names.is_open:
            return await self._name_by_name(span, matchers, ask)
        try:
            found = await self._fitting(matchers, ask)
        except SourceRefusedError as error:
            if not or_names or not may_be_the_names(error, matchers):
                raise
            try:
                found = await self._name_by_name(span, matchers, ask)
            except SourceRefusedError:
                raise error from None
            if not found:  # without a name nothing was tried
                raise
            pause_s = self._without_names.refused()
            log.info("source.names_one_by_one", tenant=span.tenant, why=error.problem, pause_s=pause_s)
            return found
        self._without_names.worked()
        return found

    async def _fitting(self, matchers: Matchers, ask: Callable[[Matchers], Awaitable[T]]) -> list[T]:
        try:
            return [await ask(matchers)]
        except SelectorTooLongError:
            parts = halves(matchers)
            if parts is None:
                raise
        return [each for part in parts for each in await self._fitting(part, ask)]

    async def _name_by_name(
        self, span: Span, matchers: Matchers, ask: Callable[[Matchers], Awaitable[T]]
    ) -> list[T]:
        others = tuple(m for m in matchers if m.name != NAME)
        names = await self.names(span, matchers)
        pieces = [(Matcher(name=NAME, value=name), *others) for name in names]
        if not pieces:
            return []
        first = await self._fitting(pieces[0], ask)  # whether that helps, before all are asked for

        async def one(piece: Matchers) -> list[T]:
            async with self._at_once:
                return await self._fitting(piece, ask)

        asking = [asyncio.create_task(one(piece)) for piece in pieces[1:]]
        try:
            rest = await asyncio.gather(*asking)
        finally:
            for task in asking:  # after a refusal nobody waits for the others
                task.cancel()
        return [*first, *(each for found in rest for each in found)]

    async def names(self, span: Span, matchers: Matchers) -> list[str]:
        """The metric names under these matchers, listed by the server unless they tell them all."""
        wanted = [m for m in matchers if m.name == NAME]
        told = next((found for m in wanted if (found := alternatives(m))), None)
        names = told if told is not None else await self._listed_names(span, matchers)
        return [name for name in names if all(m.matches({NAME: name}) for m in wanted)]

    async def _listed_names(self, span: Span, matchers: Matchers) -> list[str]:
        others = tuple(m for m in matchers if m.name != NAME)
        selector = format_selector(others) if any(not m.matches({}) for m in others) else ""
        key = span.tenant, selector, span.end_ms // _SAME_END_MS
        names, until = self._listed.get(key, ([], 0.0))
        if self._clock() >= until:
            try:
                found = await self._values(span, selector)
            except SourceRefusedError:
                if not selector:
                    raise
                found = await self._values(span, "")  # of no use are only those that others have
            names = [name for name in found if isinstance(name, str) and name]
            self._listed[key] = names, self._clock() + FRESH_S
        return names

    async def _values(self, span: Span, selector: str) -> list[object]:
        times = {"start": seconds(span.start_ms), "end": seconds(span.end_ms)}
        params = {"match[]": selector, **times} if selector else times
        path = f"label/{NAME}/values"
        found = await self._connection.data(span.tenant, path, lambda d: isinstance(d, list), params=params)
        return list(found)


def may_be_the_names(error: SourceError, matchers: Matchers) -> bool:
    """Whether a selection may have been refused since it names no metric exactly.

    Where it has no matcher on the name at all, the refusal has to speak of names: most selectors are so.
    """
    if not isinstance(error, SourceRefusedError) or error.status not in _QUESTION_REFUSED:
        return False
    return any(m.name == NAME for m in matchers) or "name" in error.problem.lower()


def alternatives(matcher: Matcher) -> list[str] | None:
    r"""The values that a matcher names one by one; None where it is another kind of expression.

    >>> alternatives(Matcher(name="job", op="=~", value=r"api|web\.1"))
    ['api', 'web.1']
    >>> alternatives(Matcher(name="job", op="=~", value="api.*")) is None
    True
    """
    if matcher.op == "=":
        return [matcher.value]
    if matcher.op != "=~":
        return None
    parts = parts_of(matcher.value)
    if not all(_LITERAL.fullmatch(part) for part in parts):
        return None
    return unescaped(parts)


def halves(matchers: Matchers) -> tuple[Matchers, Matchers] | None:
    """The matchers with the first and with the second half of their longest list of alternatives.

    >>> one, other = halves((Matcher(name="job", op="=~", value="a|b|c"),))
    >>> format_selector(one), format_selector(other)
    ('{job="a"}', '{job=~"b|c"}')
    """
    longest = max(range(len(matchers)), key=lambda i: len(matchers[i].value), default=None)
    values = alternatives(matchers[longest]) if longest is not None else None
    if longest is None or values is None or len(values) < 2:
        return None
    cut, label = len(values) // 2, matchers[longest].name
    one, other = (
        tuple(matcher_of(label, part) if i == longest else m for i, m in enumerate(matchers))
        for part in (values[:cut], values[cut:])
    )
    return one, other
