r"""Names of any characters as VictoriaMetrics writes them: with backslashes instead of quotes.

VictoriaMetrics has kept names with dots for long, and its language escapes them (`service\.name`); quotes as
in Prometheus 3 are an error to it (422, seen in 1.79).
Source: VictoriaMetrics documentation, "MetricsQL".
"""

import re

from patternwatch.contracts.errors import SourceError

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*(?:=~|!~|!=|=))?', re.DOTALL)
_GROUPED = re.compile(r"\bby\s*\(\s*$")
_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9_]")
WANTS_NO_QUOTES = 'want "ident"'
"""Said where a quoted name stands (VictoriaMetrics 1.79.5)."""


def wants_no_quotes(error: SourceError) -> bool:
    """Whether a server refused a query since a name was quoted in it."""
    return WANTS_NO_QUOTES in error.problem.replace("\\", "")


def escaped(query: str) -> str:
    r"""The query with its quoted names of labels escaped; values stay as they are.

    >>> print(escaped('count by ("service.name") ({__name__="a.b","service.name"=~"x|y"})'))
    count by (service\.name) ({__name__="a.b",service\.name=~"x|y"})
    """

    def one(found: re.Match[str]) -> str:
        is_name = found[2] is not None or _GROUPED.search(query, 0, found.start()) is not None
        if not is_name:
            return found[0]
        name = re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL)
        return _NOT_PLAIN.sub(lambda c: "\\" + c[0], name) + (found[2] or "")

    return _STRING.sub(one, query)
