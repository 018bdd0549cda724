"""Which replica of an entity each series tells of, by which scrape job."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.identity.apart import NOT_APART, POD, Apart
from patternwatch.analysis.identity.readings import Reading, Readings


@dataclass(frozen=True, slots=True)
class ToldReplicas:
    """The replicas that N series tell of, each of one entity on one node, told of by one scrape job.

    readings  one reading of a series of each, R of them
    of        the replica of each series, a position in `readings`, shape (N,)
    """

    readings: Sequence[Reading]
    of: npt.NDArray[np.intp]

    def __getitem__(self, series: int) -> Reading:
        return self.readings[int(self.of[series])]


def told_replicas(read: Readings) -> ToldReplicas:
    """The replicas that these series tell of.

    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> pod = {"job": "cart", "pod": "cart-5d4f8c7b9-x2x9k", "namespace": "shop"}
    >>> labels = [{"__name__": "up", **pod}, {"__name__": "load", "container": "web", **pod}]
    >>> found = told_replicas(SubjectReader(AnalysisSettings()).read(labels))
    >>> found.of.tolist(), found[0].entity.name, found[1].subject.replica
    ([0, 0], 'cart', 'cart-5d4f8c7b9-x2x9k')
    """
    numbers: dict[tuple[object, ...], int] = {}
    readings: list[Reading] = []
    of = np.empty(len(read.distinct), dtype=np.intp)
    for i, reading in enumerate(read.distinct):
        subject = reading.subject
        key = (
            id(reading.entity),
            subject.replica,
            subject.node,
            reading.teller,
            reading.scraper,
            told_apart(reading),
        )
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(readings)
            readings.append(reading)
        of[i] = number
    return ToldReplicas(readings, of[read.of])


def told_apart(reading: Reading) -> Apart:
    """By what a program may tell of another entity with these series; pods are apart by being replicas.

    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> read = SubjectReader(AnalysisSettings()).read([{"__name__": "up", "pod": "cart-5d4f8c7b9-x2x9k"}])
    >>> told_apart(read[0])
    ('', '')
    """
    return NOT_APART if reading.apart[0] == POD else reading.apart
