"""A replica as all shards tell of it, and the entity that it is one of."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Teller:
    """What one scrape job tells of one replica.

    series  how many
    gone    row from which on (nearly) nothing of it has points, None while it lives
    born    row of its first points, None where it was there before the window
    down    row from which on `up` is 0
    turned  row at which its series ended and as many began
    """

    series: int
    gone: int | None
    born: int | None
    down: int | None
    turned: int | None


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica: what each scrape job (by name) tells of it, and its node where that is known."""

    name: str
    node: str
    tellers: dict[str, Teller]

    @property
    def series(self) -> int:
        """How many series tell of it."""
        return sum(t.series for t in self.tellers.values())

    @property
    def gone(self) -> int | None:
        """Row at which it ended, None while some scrape job tells of it."""
        rows = [t.gone for t in self.tellers.values()]
        return None if None in rows else min((row for row in rows if row is not None), default=None)

    @property
    def born(self) -> int | None:
        """Row at which it began, None where it was there before."""
        rows = [t.born for t in self.tellers.values()]
        return None if None in rows else min((row for row in rows if row is not None), default=None)

    @property
    def passed(self) -> tuple[int, int] | None:
        """When one began and ended that was there for a while only; None for others.

        A job whose scrapes of it fail (`up` is 0) still tells of it, and of a short life not always when it
        began: what most series tell counts.
        """
        tellers = self.tellers.values()
        lives = [(t.born, t.gone, t.series) for t in tellers if t.born is not None and t.gone is not None]
        is_silent = all(t.gone is not None or t.down is not None for t in tellers)
        if not is_silent or 2 * sum(series for _, _, series in lives) <= self.series:
            return None
        return min(born for born, _, _ in lives), max(gone for _, gone, _ in lives)

    @property
    def down(self) -> int | None:
        """Row from which on a scrape of it fails."""
        return min((t.down for t in self.tellers.values() if t.down is not None), default=None)


@dataclass(frozen=True, slots=True)
class Group:
    """An entity with all of its replicas, by name.

    entity    as it is called in this scope
    kind      what it is: `deployment`, `cronjob` and so on
    scrapers  what its samples came through
    replicas  made when they are asked for, of a large scope
    is_still  whether nothing of them is known to have ended or begun
    """

    entity: str
    kind: str
    scrapers: frozenset[str]
    replicas: Sequence[Replica]
    is_still: bool = False
