"""The bar from a budget of false reports: the lowest one that a cluster's own history would have kept to.

What the pressure of a quiet week reached is what noise reaches in this cluster. A history holds real trouble
too: what goes far beyond every bar is that, and says nothing of noise. And a short history says little of how
far noise goes, so that the bar stays at the usual one until so much is known that the budget is an opening.
"""

import math
from dataclasses import dataclass, field

from patternwatch.watch.history.history_windows import DAY_MS

DEFAULT_BAR = 9.0
"""Where nothing is known of a cluster: of ten false openings of generated ones eight stayed below it, and no
metric reaches it alone by its rarity (`metric_evidence.CAP`)."""
LOWEST_BAR, HIGHEST_BAR = 7.0, 10.0
"""Below, one series with a chance neighbour opens; peaks above are real trouble."""
WEEK_MS = 7 * DAY_MS
APART_MS = 20 * 60_000
"""Peaks nearer than this are one opening: an episode closes after ten quiet ticks."""
MARGIN = 0.25
"""How far above the highest peak that shall not open."""


@dataclass(slots=True)
class QuietPeaks:
    """The peaks of pressure of the last week; an episode is one peak, as high as it became.

    budget  openings that are tolerated, a week

    >>> peaks = QuietPeaks(budget=1.0)
    >>> peaks.bar
    9.0
    >>> for hour, height in enumerate([5.0, 9.5, 7.5] * 56):
    ...     peaks.add(hour * 3_600_000, height)
    >>> peaks.bar
    9.75
    """

    budget: float
    found: list[tuple[int, float]] = field(default_factory=list)
    since_ms: int = -1
    until_ms: int = -1

    def add(self, at_ms: int, pressure: float) -> None:
        """Take the highest pressure of one tick."""
        self.since_ms = at_ms if self.since_ms < 0 else max(self.since_ms, at_ms - WEEK_MS)
        self.until_ms = at_ms
        if pressure < LOWEST_BAR / 2:
            return
        if self.found and at_ms - self.found[-1][0] < APART_MS:
            self.found[-1] = at_ms, max(self.found[-1][1], pressure)
        else:
            self.found.append((at_ms, pressure))
        if self.found[0][0] < self.since_ms:
            self.found = [peak for peak in self.found if peak[0] >= self.since_ms]

    @property
    def bar(self) -> float:
        """The default until its budget makes an opening; higher at once, where more than these went as far.

        It is as low as the highest of so many peaks as the budget allows: a coming week exceeds the highest
        of the last one once, on average, and the second highest twice.
        """
        known = min(1.0, (self.until_ms - self.since_ms) / WEEK_MS) if self.until_ms >= 0 else 0.0
        heights = sorted((height for _, height in self.found if height < HIGHEST_BAR), reverse=True)

        def beyond(rank: int) -> float:
            return heights[rank] + MARGIN if rank < len(heights) else LOWEST_BAR

        raised = beyond(math.ceil(self.budget * known))
        if raised >= DEFAULT_BAR:
            return min(raised, HIGHEST_BAR)
        allowed = round(self.budget * known)
        if not allowed:
            return DEFAULT_BAR
        own = min(max(beyond(allowed - 1), LOWEST_BAR), DEFAULT_BAR)
        return own * known + DEFAULT_BAR * (1.0 - known)
