"""Times as people type them."""

import re
from datetime import UTC, datetime

from patternwatch.contracts.errors import WindowError

_RELATIVE = re.compile(r"(?:now)?-(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_MS_FROM = 10**11
"""A bare number from here on is milliseconds; below, seconds."""


def parse_time(text: str, now_ms: int) -> int:
    """Read `2026-11-23T14:03:00Z`, `2026-11-23 14:03` (UTC), Unix s or ms, `now`, `now-10m`, `-10m` in ms.

    Raises WindowError where the text is none of these.
    """
    text = text.strip()
    if text == "now":
        return now_ms
    if relative := _RELATIVE.fullmatch(text):
        return now_ms - round(float(relative[1]) * _UNIT_MS[relative[2]])
    try:
        number = float(text)
        moment_ms = round(number if number >= _MS_FROM else number * 1000)
    except (ValueError, OverflowError):
        pass
    else:
        if moment_ms < 0:
            raise WindowError(
                f"{text!r} has no unit", f"Write {text}m for minutes ago, or {text}s for seconds"
            )
        return moment_ms
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise WindowError(
            f"{text!r} is no time",
            "Write 2026-11-23T14:03:00Z, Unix seconds, `now`, or -10m for ten minutes ago",
        ) from error
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def parse_duration(text: str) -> int:
    """Read `30s`, `2m` or `500ms`; return ms. Raises WindowError."""
    found = _RELATIVE.fullmatch("-" + text.strip())
    if found is None or not float(found[1]):
        raise WindowError(f"{text!r} is no duration", "Write 30s, 2m or 500ms")
    return round(float(found[1]) * _UNIT_MS[found[2]])


def clock(ms: int) -> str:
    """The time of day in UTC, to the second."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M:%S")


def minute(ms: int) -> str:
    """Day and time in UTC, to the minute, for tables that must fit a terminal.

    >>> minute(1_764_512_160_000)
    '2025-11-30 14:16'
    """
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def timestamp(ms: int) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
