"""Requests that are refused in place of being served: a key was rotated, a policy changed, a limit is low.

Of what is open to the world some is refused all day, and more of it says nothing. What says something is that
as many fewer are served: who is turned away are those that were served. These have failed
(`analysis/scanning/refused_calls.py`).
"""

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.bank.statistics import NEAR_FROM, NEAR_TO
from patternwatch.watch.losses.request_windows import medians
from patternwatch.watch.losses.requests import ended_requests
from patternwatch.watch.members.label_reader import REFUSED
from patternwatch.watch.members.members import Members

_AT_ONCE = 2
"""Rows that are held against the same rows before."""
_EMPTY = {"refused": np.nan, "served": np.nan, "usual_refused": np.nan, "usual_served": np.nan}


class TurnedAway:
    """The newest requests of each workload that were refused and that were served, and what is usual of both.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, away = Members(AnalysisSettings(), 30_000), TurnedAway()
    >>> labels = [{"__name__": "requests_total", "service": "web", "code": code} for code in ("200", "429")]
    >>> slots, _ = members.place(labels, ["rate", "rate"])
    >>> rows = np.full((len(members), 42), np.nan, dtype=np.float32)
    >>> rows[slots] = np.float32([[30.0], [1.0]])
    >>> rows[slots, -2:] = np.float32([[20.0], [9.0]])
    >>> away.take(rows, np.arange(len(rows)), members, np.array([False]))[0, -4:].tolist()
    [0.0, 0.0, 240.0, 240.0]
    """

    def __init__(self) -> None:
        self.refused = self.served = np.empty((0, NEAR_TO), dtype=np.float32)
        self.usual_refused = self.usual_served = np.empty(0, dtype=np.float32)

    def take(
        self, values: Floats32, slots: Integers, members: Members, held: Flags, skipped: int = 0
    ) -> Floats32:
        """How many of the new rows' requests were refused in place of being served, shape (E, T).

        values   shape (N, T), of the N series in `slots`
        held     by entity: of whom nothing is learned as usual now
        skipped  rows before these of which nothing is known

        Who is refused for the first time was never refused before.
        """
        entities, rows = len(members.machines), values.shape[1]
        found = np.zeros((entities, rows), dtype=np.float32)
        which = np.unique(members.entity[members.used & (members.ended == REFUSED)]).astype(np.int64)
        if not len(which):
            return found
        for name, empty in _EMPTY.items():
            setattr(self, name, grown(getattr(self, name), entities, empty))
        both = ended_requests(values, slots, members, which)
        gap = ((0, 0), (skipped, 0))
        refused, served = (
            np.concatenate([old[which], np.pad(new, gap, constant_values=np.nan)], axis=1)
            for old, new in zip((self.refused, self.served), both, strict=True)
        )
        keeps = held[which]
        for end in range(NEAR_TO + skipped + rows % _AT_ONCE or _AT_ONCE, refused.shape[1] + 1, _AT_ONCE):
            near = slice(end - NEAR_TO, end - NEAR_FROM)
            often, before = medians(refused[:, near]), medians(served[:, near])
            self.usual_refused[which] = np.where(keeps, self.usual_refused[which], often)
            self.usual_served[which] = np.where(keeps, self.usual_served[which], before)
            new = slice(max(end - _AT_ONCE, NEAR_TO + skipped), end)
            more = np.nan_to_num(refused[:, new]) - np.nan_to_num(self.usual_refused[which])[:, None]
            fewer = self.usual_served[which][:, None] - served[:, new]
            at = slice(new.start - NEAR_TO - skipped, end - NEAR_TO - skipped)
            found[which, at] = np.maximum(np.nan_to_num(np.minimum(more, fewer)), 0.0)
        self.refused[which], self.served[which] = refused[:, -NEAR_TO:], served[:, -NEAR_TO:]
        return found

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        return {name: getattr(self, name) for name in _EMPTY}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays; a snapshot of an older version lacks them."""
        for name in _EMPTY:
            setattr(self, name, arrays.get(name, getattr(self, name)))
