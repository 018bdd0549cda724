"""Label matchers and the selector syntax that people type: `{cluster="a",job=~"api|web"}`.

Names of any characters are quoted as in Prometheus 3: `{"http.requests","service.name"="cart"}`.
Source: Prometheus querying basics, "Time series selectors".
"""

import re
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from patternwatch.contracts.descriptions import without_examples
from patternwatch.contracts.errors import SelectorError
from patternwatch.contracts.promql_names import label_name, quoted

MatchOp: TypeAlias = Literal["=", "!=", "=~", "!~"]

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_OP = re.compile(r"=~|!~|!=|=")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_SPACE = re.compile(r"\s*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[0-7]{3}|.)", re.DOTALL)


class Matcher(BaseModel):
    """One condition on one label; a label that is absent counts as empty.

    >>> matcher = Matcher(name="job", op="=~", value="api|web")
    >>> str(matcher), matcher.matches({"job": "api"}), matcher.matches({"job": "api-2"})
    ('job=~"api|web"', True, False)
    """

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra=without_examples)

    name: str = Field(min_length=1)
    op: MatchOp = "="
    value: str

    def __str__(self) -> str:
        return f"{label_name(self.name)}{self.op}{quoted(self.value)}"

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether this label set fulfils the condition; regular expressions are anchored."""
        value = labels.get(self.name, "")
        match self.op:
            case "=":
                return value == self.value
            case "!=":
                return value != self.value
            case "=~":
                return re.fullmatch(self.value, value) is not None
            case "!~":
                return re.fullmatch(self.value, value) is None


Matchers: TypeAlias = tuple[Matcher, ...]


def format_selector(matchers: Matchers) -> str:
    """The matchers as a selector that Prometheus reads back unchanged.

    >>> format_selector((Matcher(name="cluster", value="a"), Matcher(name="job", op="!=", value="b")))
    '{cluster="a",job!="b"}'
    >>> format_selector((Matcher(name="service.name", value="cart"),))
    '{"service.name"="cart"}'
    """
    return "{" + ",".join(str(m) for m in matchers) + "}"


def parse_selector(text: str) -> Matchers:
    """Read `name{label op "value", ...}` or `{...}` into matchers; `{"name", ...}` has the name inside.

    Raises SelectorError where the text is no selector, or where every matcher also accepts the
    empty string (Prometheus refuses such a selector, since it selects every series there is).

    >>> [str(matcher) for matcher in parse_selector('up{job=~"api|web"}')]
    ['__name__="up"', 'job=~"api|web"']
    >>> [str(matcher) for matcher in parse_selector('{"http.requests","service.name"="cart"}')]
    ['__name__="http.requests"', '"service.name"="cart"']
    >>> parse_selector("{}")
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.SelectorError: The selector '{}' is empty or matches every series. \
Name at least one label with a value, for example {cluster="prod-1"}
    """
    at = _skip_space(text, 0)
    matchers: list[Matcher] = []
    if name := _NAME.match(text, at):
        matchers.append(Matcher(name="__name__", value=name[0]))
        at = _skip_space(text, name.end())
    if at < len(text):
        at = _parse_braces(text, at, matchers)
    if at != len(text):
        raise _unreadable(text, at, "nothing more")
    found = tuple(matchers)
    if not any(not _accepts_empty(m) for m in found):
        raise SelectorError(
            f"The selector {text.strip()!r} is empty or matches every series",
            'Name at least one label with a value, for example {cluster="prod-1"}',
        )
    return found


def _parse_braces(text: str, at: int, matchers: list[Matcher]) -> int:
    if text[at] != "{":
        raise _unreadable(text, at, "'{'")
    at = _skip_space(text, at + 1)
    while at < len(text) and text[at] != "}":
        at = _parse_condition(text, at, matchers)
        if at < len(text) and text[at] == ",":
            at = _skip_space(text, at + 1)
        elif at < len(text) and text[at] != "}":
            raise _unreadable(text, at, "',' or '}'")
    if at >= len(text):
        raise _unreadable(text, at, "'}'")
    return _skip_space(text, at + 1)


def _parse_condition(text: str, at: int, matchers: list[Matcher]) -> int:
    """One condition, or a quoted metric name; where it ends."""
    start = at
    string, plain = _STRING.match(text, at), _NAME.match(text, at)
    found = string or plain
    name = _unquote(string[0]) if string else plain[0] if plain else ""
    if found is None or not name:
        raise _unreadable(text, at, "a label name")
    at = _skip_space(text, found.end())
    op = _OP.match(text, at)
    if op is None and string is None:
        raise _unreadable(text, at, "one of = != =~ !~")
    if op is None:  # a string alone is the metric's name
        if any(m.name == "__name__" and m.op == "=" for m in matchers):
            raise _unreadable(text, start, "one metric name only")
        matchers.append(Matcher(name="__name__", value=name))
        return at
    at = _skip_space(text, op.end())
    value = _STRING.match(text, at)
    if value is None:
        raise _unreadable(text, at, "a quoted value")
    matchers.append(_matcher(name, op[0], _unquote(value[0])))
    return _skip_space(text, value.end())


def _matcher(name: str, op: str, value: str) -> Matcher:
    if op in ("=~", "!~"):
        try:
            re.compile(value)
        except re.error as error:
            raise SelectorError(
                f"{value!r} is no regular expression: {error}", "Escape its special characters"
            ) from error
    return Matcher.model_validate({"name": name, "op": op, "value": value})


def _accepts_empty(matcher: Matcher) -> bool:
    return matcher.matches({})


def _unquote(quoted: str) -> str:
    if quoted[0] == "`":
        return quoted[1:-1]
    return _ESCAPED.sub(_unescape, quoted[1:-1])


def _unescape(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) > 1:
        return chr(int(code[1:], 16)) if code[0] in "uUx" else chr(int(code, 8))
    return _ESCAPES.get(code, code)


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _unreadable(text: str, at: int, wanted: str) -> SelectorError:
    return SelectorError(
        f"The selector {text!r} cannot be read at character {at + 1}: expected {wanted}",
        'Write it as {label="value", other=~"a|b"}',
    )
