"""The lives of all shards put together: when each replica of each workload began and was gone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from patternwatch.analysis.identity.names_in_scope import UNLABELLED
from patternwatch.analysis.identity.scope import Scope
from patternwatch.contracts.lives import ReplicaLives, WorkloadLives
from patternwatch.contracts.subject import Key

_NEARLY_ALL = 0.8
"""Part of its series that end or begin where a replica does: what tells of it may hold a few; judgement."""
_MANY = 0.3
"""Part of its series that end, and begin under other labels, where it was only relabelled."""


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
    def down(self) -> int | None:
        """Row from which on a scrape of it fails."""
        return min((t.down for t in self.tellers.values() if t.down is not None), default=None)


@dataclass(frozen=True, slots=True)
class Group:
    """An entity with all of its replicas, by name.

    entity    as it is called in this scope
    kind      what it is: `deployment`, `cronjob` and so on
    scrapers  what its samples came through
    """

    entity: str
    kind: str
    scrapers: frozenset[str]
    replicas: Sequence[Replica]


@dataclass(slots=True)
class _Sum:
    series: int = 0
    node: str = ""
    ended: Counter[int] = field(default_factory=Counter)
    began: Counter[int] = field(default_factory=Counter)
    down: int | None = None

    def add(self, part: ReplicaLives, node: str, late_row: int) -> None:
        self.series += part.series
        self.node = max(self.node, node)
        for end, due, n in part.ended:
            if due <= late_row:
                self.ended[end] += n
        for row, n in part.began:
            self.began[row] += n
        if part.down is not None:
            self.down = part.down if self.down is None else min(self.down, part.down)

    def teller(self) -> Teller:
        ended, began = self.ended.total(), self.began.total()
        # What the target's own samples began and ended with in between is not living.
        gone = bool(ended) and self.series - ended <= (1.0 - _NEARLY_ALL) * self.series
        born = bool(began) and began >= _NEARLY_ALL * self.series
        turned = not gone and min(ended, began) >= _MANY * self.series
        return Teller(
            series=self.series,
            gone=_usual_row(self.ended) if gone else None,
            born=min(self.began) if born else None,
            down=self.down,
            turned=_usual_row(self.ended) if turned else None,
        )


def _usual_row(rows: Counter[int]) -> int:
    """The row at which most of them are; the first of several."""
    return min(rows, key=lambda row: (-rows[row], row))


def groups_of(lives: Iterable[WorkloadLives], late_row: int, scope: Scope) -> list[Group]:
    """The entities of a request, by name; the order of `lives` does not matter.

    late_row  up to which nearly all series have samples: what is news only after it may just be late
    scope     names them

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> one = ReplicaLives(replica="a", teller="cart", series=2, ended=[(250, 253, 2)])
    >>> life = WorkloadLives(entity=("", "", "", "cart"), scraper="", replicas=[one])
    >>> [group] = groups_of([life], 299, Scope([], AnalysisSettings()))
    >>> group.entity, group.replicas[0].gone
    ('cart', 250)
    """
    sums: dict[str, dict[tuple[str, str], _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    scrapers: dict[str, set[str]] = defaultdict(set)
    for life in lives:
        key = Key(*life.entity)
        for part in life.replicas:
            name = scope.name_of_replica(key, part.replica)
            scrapers[name].add(life.scraper)
            node = part.node and scope.names.of(Key(key.tenant, key.cluster, "", part.node))
            sums[name][part.replica, part.teller].add(part, node, late_row)
    return [
        Group(name, scope.kind_of(name), frozenset(scrapers[name]), _replicas(sums[name]))
        for name in sorted(sums)
        if name != UNLABELLED
    ]


def _replicas(sums: dict[tuple[str, str], _Sum]) -> list[Replica]:
    """The replicas; what tells of the entity as a whole is one only where nothing tells of its parts."""
    tellers: dict[str, dict[str, Teller]] = defaultdict(dict)
    nodes: dict[str, str] = {}
    for (replica, teller), own in sorted(sums.items()):
        if own.series:
            tellers[replica][teller] = own.teller()
            nodes[replica] = max(nodes.get(replica, ""), own.node)
    return [Replica(name, nodes[name], told) for name, told in tellers.items() if name or len(tellers) == 1]
