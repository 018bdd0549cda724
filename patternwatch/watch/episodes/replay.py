"""The bar from history: what the pressure of the learned rows would have been.

History comes in pieces, of some series each; evidence needs the suspects of all series of one row together.
"""

from collections import defaultdict

import numpy as np

from patternwatch.watch.episodes.bar import QuietPeaks
from patternwatch.watch.episodes.evidence import entity_evidence
from patternwatch.watch.episodes.trigger import Trigger
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects

_NOBODY = np.empty(0, dtype=np.int64)


class Replay:
    """Suspects of learned rows, kept until their row is whole.

    peaks  where the pressure of each row goes

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.watch.suspects.suspects import NO_SUSPECTS
    >>> peaks = QuietPeaks(budget=1.0)
    >>> replay = Replay(peaks)
    >>> replay.add(60_000, NO_SUSPECTS, Members(AnalysisSettings(), 30_000))
    >>> replay.finish()
    >>> peaks.until_ms
    60000
    """

    def __init__(self, peaks: QuietPeaks) -> None:
        self._peaks = peaks
        self._trigger = Trigger(bar=float("inf"))
        self._rows: dict[int, list[Suspects]] = defaultdict(list)
        self._members: Members | None = None

    def add(self, at_ms: int, suspects: Suspects, members: Members) -> None:
        """Take the suspects of a piece at one row."""
        self._members = members
        self._rows[at_ms].append(suspects)

    def finish(self) -> None:
        """All pieces are there: take the pressure of each row, in the order of time."""
        if self._members is None:
            return
        for at_ms in sorted(self._rows):
            evidence = entity_evidence(joined(self._rows[at_ms]), self._members, _NOBODY)
            self._trigger.step(at_ms, evidence)
            self._peaks.add(at_ms, self._trigger.highest)
        self._rows.clear()
        self._members = None


def joined(parts: list[Suspects]) -> Suspects:
    """The suspects of several pieces as one.

    >>> one = Suspects(np.array([3]), np.array([True]), np.float32([5]), np.float32([1]))
    >>> joined([one, one]).slots.tolist()
    [3, 3]
    """
    return Suspects(
        np.concatenate([one.slots for one in parts]),
        np.concatenate([one.up for one in parts]),
        np.concatenate([one.score for one in parts]),
        np.concatenate([one.size for one in parts]),
    )
