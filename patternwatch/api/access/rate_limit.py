"""How often a caller may ask: a bucket of tokens each, filled at a steady rate."""

from collections.abc import Callable

_MAX_BUCKETS = 10_000


class RateLimit:
    """At most `per_minute` at once, and as many in every minute after.

    seconds  a clock that never goes back

    >>> now = 0.0
    >>> limit = RateLimit(2, lambda: now)
    >>> [limit.wait_s("alice") for _ in range(3)], limit.wait_s("bob")
    ([0.0, 0.0, 30.0], 0.0)
    """

    def __init__(self, per_minute: int, seconds: Callable[[], float]) -> None:
        self._capacity = float(per_minute)
        self._per_s = per_minute / 60
        self._seconds = seconds
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, caller: str) -> float:
        """0 where this caller may ask now, which counts; else when it may, in seconds."""
        now = self._seconds()
        left, at = self._buckets.get(caller, (self._capacity, now))
        left = min(self._capacity, left + (now - at) * self._per_s)
        wait_s = 0.0 if left >= 1 else (1 - left) / self._per_s
        if len(self._buckets) >= _MAX_BUCKETS and caller not in self._buckets:
            self._forget_full(now)
        self._buckets[caller] = (left - (wait_s == 0), now)
        return wait_s

    def _forget_full(self, now: float) -> None:
        self._buckets = {
            caller: (left, at)
            for caller, (left, at) in self._buckets.items()
            if left + (now - at) * self._per_s < self._capacity
        }
