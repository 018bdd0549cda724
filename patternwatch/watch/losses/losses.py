"""What the users of a workload lose: the part of its requests that fail, and the part that does not come."""

from dataclasses import dataclass, replace

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.arrays import Floats32

MOST_DOUBLINGS = 4.0
"""What a share or a gap counts at most, in doublings."""


@dataclass(frozen=True, slots=True)
class Losses:
    """By entity number, each of shape (E,); of entities beyond it nothing is known.

    failing  float32: doublings of the failing share, from 0 to MOST_DOUBLINGS
    usual    bool: its failures are over, or no more than in other half hours
    missing  float32: halvings of its requests, from 0 to MOST_DOUBLINGS
    whole    bool: it has about as many requests as before
    failing_decades  float32: how little chance explains the failures that stay; 0 where no share weighs
    lasted   bool: nor does it explain those before the newest rows, for three ticks now
    missing_decades  float32: the same of the requests that stay away; 0 where other half hours had it too
    even     bool: it has about as many requests as before, nor more of them
    exchanged  bool: it has the requests of another track of its application, or another one has its own
    """

    failing: Floats32
    usual: Flags
    missing: Floats32
    whole: Flags
    failing_decades: Floats32
    lasted: Flags
    missing_decades: Floats32
    even: Flags
    exchanged: Flags

    def fitted(self, entities: int) -> "Losses":
        """The same of so many entities; the new ones lose nothing that is known."""
        more = (0, max(0, entities - len(self.failing)))
        return Losses(*(np.pad(getattr(self, name), more)[:entities] for name in self.__slots__))

    def without_staying(self, entities: Flags) -> "Losses":
        """The same, but what stays counts for nothing in these entities: it was noise before."""
        if not entities.any():
            return self
        failing, missing = self.failing_decades.copy(), self.missing_decades.copy()
        failing[entities], missing[entities] = 0, 0
        return replace(self, failing_decades=failing, missing_decades=missing)


_NONE, _NO = np.empty(0, np.float32), np.empty(0, np.bool_)
NO_LOSSES = Losses(_NONE, _NO, _NONE, _NO, _NONE, _NO, _NONE, _NO, _NO)
