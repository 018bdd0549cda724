"""How many analyses a tenant's alerts may have: a storm over hundreds of scopes leaves others their turn.

What is over a limit waits, with its reason on the alert, and begins when there is room: nothing is dropped.
Numbers are those of all workers, from the topic `looks`.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from patternwatch.streams.state.looks import TenantLoad

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """The limits of the settings.

    max_in_flight   first looks of a tenant's alerts that may be under way
    max_per_minute  first looks of a tenant's alerts that may begin in a minute

    >>> limits = AlertLimits(max_in_flight=2, max_per_minute=5)
    >>> limits.why_it_waits("shop", TenantLoad(1, ()), 0)
    ''
    >>> limits.why_it_waits("shop", TenantLoad(2, ()), 0)
    'Not analysed yet: 2 analyses of alerts are under way, which is the limit (max_alert_analyses_in_flight)'
    """

    max_in_flight: int
    max_per_minute: int
    asking: Counter[str] = field(default_factory=Counter)
    """By tenant, those that begin now and are not among the looks yet."""

    def why_it_waits(self, tenant: str, load: TenantLoad, now_ms: int) -> str:
        """Why one more has to wait, for whoever reads the alert; empty where there is room."""
        under_way = load.under_way + self.asking[tenant]
        if under_way >= self.max_in_flight:
            return (
                f"Not analysed yet: {under_way} analyses of alerts are under way, which is the limit "
                "(max_alert_analyses_in_flight)"
            )
        begun = sum(at_ms > now_ms - MINUTE_MS for at_ms in load.begun_ms) + self.asking[tenant]
        if begun >= self.max_per_minute:
            return (
                f"Not analysed yet: {begun} analyses of alerts began within a minute, which is the limit "
                "(max_alert_analyses_per_minute)"
            )
        return ""

    @contextmanager
    def asking_one(self, tenant: str) -> Iterator[None]:
        """One begins: it counts until it is among the looks."""
        self.asking[tenant] += 1
        try:
            yield
        finally:
            self.asking[tenant] -= 1
