"""Whether a workload is there at all: no sample of any of its parts."""

from dataclasses import dataclass

from patternwatch.compiled import Flags, Integers
from patternwatch.watch.columns import Columns
from patternwatch.watch.members import Members


@dataclass(frozen=True, slots=True)
class Absence:
    """What presence says of one tick.

    gone     int64: entities that are gone
    no_data  why nothing can be said: all are silent at once; empty where it can
    """

    gone: Integers
    no_data: str = ""


class Presence:
    """Who was there in the last rows."""

    def update(self, columns: Columns, members: Members) -> Absence:
        """Take new rows and say who is gone."""
        raise NotImplementedError

    def hold(self, entities: Flags) -> None:
        """By entity: of whom nothing is learned as usual from now on."""
        raise NotImplementedError
