"""Times of alerts: RFC 3339 to milliseconds since 1970, with Go's zero time told apart."""

import re
from datetime import UTC, datetime, timedelta

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?( ?[Zz]| ?[+-]\d\d:?\d\d)"
    r"(?: [A-Z]{1,5}| [+-]\d{2,4})?(?: m=\S+)?",
    re.ASCII,
)
"""RFC 3339, its variants in ISO 8601, and what Go's `Time.String` writes, which templates print."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_ms(text: str) -> int | None:
    """RFC 3339, up to nanoseconds and beyond, in ms rounded down; None for a time of the year 1.

    Go writes a time that was never set as `0001-01-01T00:00:00Z`. Raises ValueError that says what is wrong.

    >>> time_ms("1970-01-01T01:00:01.5+01:00"), time_ms("0001-01-01T00:00:00Z")
    (1500, None)
    >>> time_ms("1970-01-01 01:00:01 +0100 CET")
    1000
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"is no RFC 3339 time: {text[:60]!r}")
    *fields, fraction, offset = found.groups()
    year, month, day, hour, minute, second = map(int, fields)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"is no time: {text!r} ({error})") from error
    if moment.year == 1:
        return None
    whole = (moment - _EPOCH - _offset(offset)) // timedelta(milliseconds=1)
    return whole + int((fraction or "0")[:3].ljust(3, "0"))


def _offset(text: str) -> timedelta:
    text = text.strip().replace(":", "")
    if text in "Zz":
        return timedelta()
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return -ahead if text[0] == "-" else ahead
