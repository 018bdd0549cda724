"""The same time by the clocks of a place, days earlier: 23 or 25 hours where they were changed between."""

from datetime import datetime, timedelta
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator


def time_zone(name: str) -> str:
    """The name itself; raises ValueError where it names no time zone that this machine knows.

    >>> time_zone("Europe/Vienna"), time_zone("")
    ('Europe/Vienna', '')
    >>> time_zone("Vienna")
    Traceback (most recent call last):
    ...
    ValueError: 'Vienna' is no time zone known here. Write Europe/Vienna or UTC, and install tzdata
    """
    try:
        _zone(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(
            f"{name!r} is no time zone known here. Write Europe/Vienna or UTC, and install tzdata"
        ) from error
    return name


TimeZone: TypeAlias = Annotated[str, AfterValidator(time_zone)]
"""An IANA name; empty for the zone of this machine."""


def days_before(at_ms: int, days: int, zone: str = "") -> int:
    """How many ms before `at_ms` the clocks showed the same time so many days earlier.

    zone  IANA name of a time zone; empty for that of this machine, as TZ or /etc/localtime say

    >>> monday_ms = 1_761_552_000_000  # 2025-10-27T08:00Z, the day after the change in Vienna
    >>> [days_before(monday_ms, 7, zone) / 3_600_000 for zone in ("UTC", "Europe/Vienna")]
    [168.0, 169.0]
    """
    place = _zone(zone)
    seconds, rest_ms = divmod(at_ms, 1000)
    now = datetime.fromtimestamp(seconds, place)
    # Arithmetic within one zone, and on times without a zone, is by the clock on the wall (PEP 495).
    then = now - timedelta(days=days)
    return at_ms - (round(then.timestamp()) * 1000 + rest_ms)


def _zone(name: str) -> ZoneInfo | None:
    return ZoneInfo(name) if name else None
