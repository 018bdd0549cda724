"""Answers that succeed and leave something out: how servers say so, in one table, and who here is told.

A query that meets a store that is down succeeds on most servers with what the others hold. Whether series
are missing then stands beside the data: in `warnings`, in a field, or in a header. Remote read has a place
for headers only, so that what was said when its series were counted holds for it as well.
Source: Prometheus documentation, "HTTP API", "Format overview".
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import structlog

from patternwatch.cortex.refusal_words import quoted

log = structlog.get_logger()

Rows: TypeAlias = tuple[tuple[str, str], ...]
"""What stands in an answer, and where it was seen."""

FIELDS: Rows = (
    (
        "isPartial",
        "VictoriaMetrics' vmselect, all versions: true where a vmstorage did not answer (issue 8290)",
    ),
)
"""Fields beside `data` that are true where something is left out."""
HEADERS: Rows = (
    (
        "M3-Results-Limited",
        "M3 1.x (its source): max_fetch_series_limit_applied, or a warning as NAME_MESSAGE",
    ),
    ("M3-Returned-Data-Limited", "Chronosphere's clients of M3, in Perses' plugins"),
)
"""Headers that are there only where something is left out."""
NOTHING_LEFT_OUT: Rows = (
    (r"^PromQL (info|warning): ", "Prometheus 2.46 and later, and all that embed its engine: of the query"),
    (
        r"^not implemented$",
        "Prometheus 2.42 and 3.5 with remote_read, of every list: the census counts the rest",
    ),
    (r"^No StoreAPIs matched for this query$", "Thanos 0.3x: no store has such labels at such a time"),
)
"""Warnings that say nothing of missing series. Every other one does: that is what servers warn of. Seen were
`receive series from Addr: ... connection refused`, `failed to receive any data in 30s from Addr: ...` (Thanos
0.16 to 0.36), `query result may contain partial data` (Cortex 1.19, its source), `m3db exceeded query limit:
results not exhaustive` (M3, its source), `results truncated due to limit` (Prometheus 2.49), `remote_read:
error sending request: ...` (Prometheus 2.42 and 3.5), and the errors of server groups with downgrade_error
(promxy since its pull request 641)."""
_HARMLESS = [re.compile(pattern) for pattern, _ in NOTHING_LEFT_OUT]
MAX_TOLD = 20
"""Different sayings that are kept of one analysis: addresses and times may stand in them."""


class PartialAnswers:
    """What was said to be left out, each saying once."""

    def __init__(self, outer: "PartialAnswers | None" = None) -> None:
        self._outer = outer
        self._words: dict[str, None] = {}

    @property
    def words(self) -> tuple[str, ...]:
        """The sayings in the order in which they came; empty where all answers were whole."""
        return tuple(self._words)

    def add(self, words: str) -> None:
        """Note one, here and for those around."""
        if len(self._words) < MAX_TOLD:
            self._words[words] = None
        if self._outer is not None:
            self._outer.add(words)


_LISTENING: ContextVar[PartialAnswers | None] = ContextVar("partial answers", default=None)


@contextmanager
def partial_answers(*, is_told: bool = True) -> Iterator[PartialAnswers]:
    """Collect what answers leave out while this is open, also in tasks that are started in it.

    is_told  whether those around hear of it too; not where the answers decide nothing

    >>> with partial_answers() as around:
    ...     with partial_answers() as told:
    ...         tell("a store is down")
    ...     with partial_answers(is_told=False):
    ...         tell("no types of that store")
    >>> told.words, around.words
    (('a store is down',), ('a store is down',))
    """
    found = PartialAnswers(_LISTENING.get() if is_told else None)
    token = _LISTENING.set(found)
    try:
        yield found
    finally:
        _LISTENING.reset(token)


def tell(words: str) -> None:
    """Say that an answer leaves something out, in the server's words, to whoever collects that now."""
    listening = _LISTENING.get()
    if listening is not None:
        listening.add(words)


def note_partial(tenant: str, path: str, words: list[str]) -> None:
    """Tell and log what an answer says that it leaves out."""
    for said in words:
        log.warning("source.partial", tenant=tenant, path=path, said=said)
        tell(quoted(said))


def left_out_by(said: Mapping[str, Any], headers: Mapping[str, str]) -> list[str]:
    """What an answer says that it leaves out, in its words; nothing where it is whole, as far as it tells.

    said     the answer's JSON; empty where it is none

    >>> left_out_by({"warnings": ["PromQL info: metric might not be a counter"]}, {})
    []
    >>> left_out_by({"isPartial": True, "warnings": ["store a is down"]}, {})
    ['store a is down', 'isPartial: true']
    """
    warnings = said.get("warnings") or ()
    each = [warnings] if isinstance(warnings, str) else list(warnings)
    found = [" ".join(str(one).split()) for one in each]
    found = [words for words in found if words and not any(p.search(words) for p in _HARMLESS)]
    found += [f"{name}: true" for name, _ in FIELDS if said.get(name) is True]
    return found + [f"{name}: {value}" for name, _ in HEADERS if (value := headers.get(name))]
