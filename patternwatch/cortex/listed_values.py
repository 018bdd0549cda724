"""Matchers that list values of a label one by one, as partitions make them."""

import re
from collections.abc import Iterable

from patternwatch.contracts.matchers import Matcher, Matchers
from patternwatch.cortex.label_partition import matcher_of

_BETWEEN = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def parts_of(expression: str) -> list[str]:
    r"""The alternatives of an expression, escaped as they stand there.

    >>> parts_of(r"api|web\.1|a\|b")
    ['api', 'web\\.1', 'a\\|b']
    """
    return _BETWEEN.split(expression)


def unescaped(parts: Iterable[str]) -> list[str]:
    r"""The same without their backslashes.

    >>> unescaped([r"web\.1"])
    ['web.1']
    """
    return [_ESCAPED.sub(r"\1", part) for part in parts]


def narrowed(base: Matchers, matcher: Matcher) -> Matchers:
    """The matchers with one that lists values which they select; what they say of its label is dropped.

    So servers that know no regular expressions on names, or refuse those over all names, see none.

    >>> from patternwatch.contracts.matchers import parse_selector
    >>> [str(m) for m in narrowed(parse_selector('{__name__=~".+",job="a"}'), matcher_of("__name__", ["up"]))]
    ['job="a"', '__name__="up"']
    """
    return (*(own for own in base if own.name != matcher.name), matcher)


def listed(matcher: Matcher) -> list[str] | None:
    """The values of a matcher that `matcher_of` made; None for any other.

    >>> listed(matcher_of("pod", ["a.b", "c"])), listed(Matcher(name="pod", op="=~", value="a.b|c"))
    (['a.b', 'c'], None)
    """
    if matcher.op == "=":
        return [matcher.value]
    if matcher.op != "=~":
        return None
    values = unescaped(parts_of(matcher.value))
    return values if matcher_of(matcher.name, values) == matcher else None
