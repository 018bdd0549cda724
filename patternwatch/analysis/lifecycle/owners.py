"""Whose series it is: the entity and the replica that a series tells of, and the scrape job that tells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.lifecycle.labels import SCRAPER
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import Key, Subject


@dataclass(frozen=True, slots=True)
class Workload:
    """An entity, and what its samples came through; see `WorkloadLives`."""

    entity: Key
    scraper: str


@dataclass(frozen=True, slots=True)
class Owner:
    """What a series tells of: a replica of an entity, on a node, by a scrape job (the teller)."""

    workload: Workload
    replica: str
    teller: str
    node: str


@dataclass(frozen=True, slots=True)
class Owners:
    """The owners of N series.

    owners  all that there are
    of      the owner of each series, a position in `owners`, shape (N,)
    """

    owners: Sequence[Owner]
    of: npt.NDArray[np.intp]

    def __getitem__(self, series: int) -> Owner:
        return self.owners[int(self.of[series])]


def owners_of(labels: Sequence[Labels], subjects: Sequence[Subject]) -> Owners:
    """Whose each of N series is.

    subjects  what each tells of

    >>> from patternwatch.analysis.identity.subject import subject_of
    >>> labels = [{"__name__": "up", "job": "cart", "pod": "cart-5d4f8c7b9-x2x9k", "namespace": "shop"}] * 2
    >>> owners = owners_of(labels, [subject_of(own) for own in labels])
    >>> owners.of.tolist(), owners[0].workload.entity.name, owners[0].replica
    ([0, 0], 'cart', 'cart-5d4f8c7b9-x2x9k')
    """
    names = ("job", *SCRAPER)
    known: dict[tuple[object, ...], int] = {}
    codes: dict[Owner, int] = {}
    of = np.empty(len(labels), dtype=np.intp)
    for i, (own, subject) in enumerate(zip(labels, subjects, strict=True)):
        key = (id(subject), *map(own.get, names))  # a reader gives the same object for the same subject
        code = known.get(key)
        if code is None:
            code = known[key] = codes.setdefault(_owner(own, subject), len(codes))
        of[i] = code
    return Owners(list(codes), of)


def _owner(labels: Labels, subject: Subject) -> Owner:
    return Owner(
        workload=Workload(
            entity=subject.entity,
            scraper="/".join(labels[name] for name in SCRAPER if labels.get(name)),
        ),
        replica=subject.replica,
        teller=labels.get("job", ""),
        node=subject.node,
    )
