"""What requests take of a workload's resources beyond what they usually take, at one tick."""

from dataclasses import dataclass

from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.episodes.seen import in_words
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects


@dataclass(frozen=True, slots=True)
class Demand:
    """Resources of workloads that are above their line.

    above  one series for all of a workload that tell of the resource; the change is that of a part
    usual  float32, shape (K,): what a part usually takes for so many requests
    """

    above: Suspects
    usual: Floats32

    def sentences(self, entity: int, members: Members) -> list[str]:
        """What of this entity is above its line.

        >>> import numpy as np
        >>> from patternwatch.contracts.settings import AnalysisSettings
        >>> members = Members(AnalysisSettings(), 30_000)
        >>> slots, _ = members.place([{"__name__": "process_open_fds", "service": "cart"}], [""])
        >>> above = Suspects(slots, np.array([True]), np.float32([20]), np.float32([40]))
        >>> Demand(above, np.float32([60])).sentences(0, members)
        ['process_open_fds is 100, usually 60 for so many requests']
        """
        told = zip(self.above.slots.tolist(), self.usual.tolist(), self.above.size.tolist(), strict=True)
        return [
            in_words(members.labels[slot], members.derivation[slot], usual, size) + " for so many requests"
            for slot, usual, size in told
            if members.entity[slot] == entity
        ]
