"""Times as people read them, in messages: milliseconds since 1970 say nothing to an operator."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(at_ms: int) -> str:
    """To the second, with its zone; a time that no calendar holds in seconds since 1970.

    >>> instant(1_760_000_000_500), instant(-1000), instant(10**18)
    ('2025-10-09 08:53:20 UTC', '1969-12-31 23:59:59 UTC', '1000000000000000 s after 1970')
    """
    try:
        moment = _EPOCH + timedelta(milliseconds=at_ms)
    except OverflowError:
        return f"{abs(at_ms) // 1000} s {'after' if at_ms > 0 else 'before'} 1970"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
