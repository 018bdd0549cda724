"""How many analyses a tenant may ask for by hand: one that asks in a loop leaves the others their turn."""

from collections.abc import Sequence

from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.errors import TooManyAnalysesError

UNDER_WAY_MS = 600_000
"""An analysis that has not ended after so long is stuck or forgotten, and holds nobody up."""
_MINUTE_MS = 60_000
_RETRY_S = 5


def check_limits(asked: Sequence[tuple[int, bool]], settings: ApiSettings, now_ms: int) -> None:
    """Raise TooManyAnalysesError where one more would be too many.

    asked  when each of the last ones was asked for, in ms since 1970, the earliest first, and whether it is
           under way

    >>> check_limits([(0, True), (1000, False)], ApiSettings(max_analyses_in_flight=2), 2000)
    >>> check_limits([(0, True), (1000, False)], ApiSettings(max_analyses_per_minute=2), 2000)
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.TooManyAnalysesError: 2 analyses were started by hand within a minute, \
which is the limit (max_analyses_per_minute). Try again in 58 s
    """
    under_way = sum(is_under_way for _, is_under_way in asked)
    if under_way >= settings.max_analyses_in_flight:
        raise TooManyAnalysesError(
            f"{under_way} analyses that were started by hand are under way, which is the limit "
            "(max_analyses_in_flight)",
            "Wait for one of them",
            _RETRY_S,
        )
    latest = [at_ms for at_ms, _ in asked if at_ms > now_ms - _MINUTE_MS]
    if len(latest) >= settings.max_analyses_per_minute:
        free_ms = latest[-settings.max_analyses_per_minute] + _MINUTE_MS
        wait_s = max(1, -(-(free_ms - now_ms) // 1000))
        raise TooManyAnalysesError(
            f"{len(latest)} analyses were started by hand within a minute, which is the limit "
            "(max_analyses_per_minute)",
            f"Try again in {wait_s} s",
            wait_s,
        )
