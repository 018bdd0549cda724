"""A watch of each value of a label: the whole that people make, and the parts that are watched."""

import re
from zlib import crc32

from patternwatch.contracts.matchers import Matcher, format_selector, parse_selector
from patternwatch.contracts.watches import Watch

_UNFIT = re.compile(r"[^a-zA-Z0-9_.-]")
_MAX_NAME = 100
_OF_WHOLE = ("interval_s", "false_reports_a_week", "history_days", "min_score", "categories", "quiet_hours")
"""What a part has of its whole; what is muted and marked of it, and whether it is paused, is its own."""


def part_name(whole: str, value: str) -> str:
    """The name of the watch of one value: another for each, though a name may hold less than a value.

    >>> part_name("all", "eu-1"), part_name("all", "eu/1")
    ('all.eu-1', 'all.eu-1-3c444ac1')
    """
    fit = _UNFIT.sub("-", value)
    mark = f"-{crc32(value.encode()):08x}" if fit != value or len(whole) + len(fit) >= _MAX_NAME else ""
    return f"{whole}.{fit}"[: _MAX_NAME - len(mark)] + mark


def part_of(whole: Watch, value: str, before: Watch | None) -> Watch:
    """The watch of one value of the label that `whole.each` names.

    before  the part as it was; None where it is new

    >>> from patternwatch.contracts.watches import make_watch
    >>> whole = make_watch("default", "all", '{job="node"}', each="cluster", interval_s=30)
    >>> part = part_of(whole, "eu-1", None)
    >>> part.name, part.selector, part.interval_s, part.part_of
    ('all.eu-1', '{job="node",cluster="eu-1"}', 30.0, 'all')
    """
    others = (matcher for matcher in parse_selector(whole.selector) if matcher.name != whole.each)
    matchers = (*others, Matcher(name=whole.each, op="=", value=value))
    fields = {name: getattr(whole, name) for name in _OF_WHOLE}
    own = {} if before is None else {"mutes": before.mutes, "marks": before.marks, "paused": before.paused}
    return Watch(
        tenant=whole.tenant,
        name=part_name(whole.name, value),
        selector=format_selector(matchers),
        part_of=whole.name,
        **fields,
        **own,
    )


def with_whole(part: Watch, whole: Watch) -> Watch:
    """A part as it is watched: paused with its whole, and with what is muted and marked of all.

    >>> from patternwatch.contracts.watches import Mute, make_watch
    >>> whole = make_watch("default", "all", "up", each="cluster", mutes=(Mute(kind="metric", value="up"),))
    >>> len(with_whole(part_of(whole, "eu-1", None), whole).mutes)
    1
    """
    if not (whole.paused or whole.mutes or whole.marks):
        return part
    mutes = (*part.mutes, *(mute for mute in whole.mutes if mute not in part.mutes))
    paused, marks = part.paused or whole.paused, (*part.marks, *whole.marks)
    return part.model_copy(update={"paused": paused, "mutes": mutes, "marks": marks})


def says_the_same(one: Watch, other: Watch) -> bool:
    """Whether both are watched alike, whoever changed them and when.

    >>> from patternwatch.contracts.watches import make_watch
    >>> one = make_watch("default", "shop", "up")
    >>> says_the_same(one, one.model_copy(update={"changed_by": "ann"}))
    True
    """
    told = {"changed_by": "", "changed_at_ms": 0}
    return one.model_copy(update=told) == other.model_copy(update=told)
