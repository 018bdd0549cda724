"""N series read: the label sets that tell the same are one reading, and each series has its number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.identity.apart import NOT_APART, Apart
from patternwatch.contracts.subject import Key, Subject


@dataclass(frozen=True, slots=True)
class Reading:
    """What a series tells of, and who tells it.

    subject  what it tells of
    entity   the subject's; of one `Readings`, equal ones are one object
    teller   the scrape job that tells of it
    scraper  what its samples came through: a cluster's or a Prometheus' name; empty where nothing tells
    apart    by what it may belong to another entity
    """

    subject: Subject
    entity: Key
    teller: str = ""
    scraper: str = ""
    apart: Apart = NOT_APART


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of N series.

    distinct  all that there are, D of them
    of        the reading of each series, a position in `distinct`, shape (N,)

    A scan goes over the D readings wherever it can: of 1,000 series of a shard often 50 read the same.
    """

    distinct: Sequence[Reading]
    of: npt.NDArray[np.intp]

    def __getitem__(self, series: int) -> Reading:
        return self.distinct[int(self.of[series])]

    @property
    def subjects(self) -> list[Subject]:
        """What each of the N series tells of."""
        own = [reading.subject for reading in self.distinct]
        return [own[number] for number in self.of.tolist()]

    @property
    def entities(self) -> list[int]:
        """A number for the entity of each of the N series: the same one for the same entity."""
        numbers: dict[int, int] = {}
        own = [numbers.setdefault(id(reading.entity), len(numbers)) for reading in self.distinct]
        return [own[number] for number in self.of.tolist()]
