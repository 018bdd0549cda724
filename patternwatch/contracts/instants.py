"""Instants as an operator reads them: with date and zone, never as a number of milliseconds."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(ms: int) -> str:
    """RFC 3339 in UTC, with a fraction only where there is one; what no calendar holds stays a number.

    >>> instant(1_760_000_000_000), instant(1_500)
    ('2025-10-09T08:53:20Z', '1970-01-01T00:00:01.500Z')
    >>> instant(10**18)
    '1000000000000000000 ms since 1970'
    """
    try:
        moment = _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return f"{ms} ms since 1970"
    spec = "milliseconds" if ms % 1000 else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")
