"""The two ways of reading raw samples by PromQL, for servers that have no remote read."""

from typing import Any

from patternwatch.contracts.matchers import Matchers, format_selector
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.query_form import is_matrix, seconds
from patternwatch.cortex.selector_pieces import SelectorPieces

MAX_POINTS = 11_000
"""Points of a series that query_range gives at once."""


class QueryWays:
    """Asks for one selection by a range selector or `query_range`.

    pieces  splits selectors that the server does not take
    """

    def __init__(self, connection: Connection, pieces: SelectorPieces) -> None:
        self._connection = connection
        self._pieces = pieces

    async def range_selector(
        self, span: Span, matchers: Matchers, tries: int | None, insists: bool = False
    ) -> list[dict[str, Any]]:
        """The samples of a range selector, as a matrix.

        tries    None for as many as usual
        insists  also by GET, and without an exact name: whatever may be why the server refused before

        Raises SourceError.
        """

        async def ask(piece: Matchers) -> list[dict[str, Any]]:
            query = f"{format_selector(piece)}[{span.end_ms - span.start_ms + 1}ms]"
            form = {"query": query, "time": seconds(span.end_ms)}
            data = await self._connection.data(
                span.tenant, "query", is_matrix, form, tries=tries, or_get=insists
            )
            return list(data["result"])

        pieces = await self._pieces.ask(span, matchers, ask, or_names=insists)
        return [each for found in pieces for each in found]

    async def range_query(self, span: Span, matchers: Matchers, tries: int | None) -> list[dict[str, Any]]:
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
