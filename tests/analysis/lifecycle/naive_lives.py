"""The slow twin of `joined_lives`: one row after the other, in dictionaries."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from patternwatch.analysis.identity.names_in_scope import UNLABELLED
from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.replica import Replica, Teller
from patternwatch.contracts.life_table import LifeRow
from patternwatch.contracts.subject import Key


@dataclass
class Sum:
    series: int = 0
    node: str = ""
    ended: Counter[int] = field(default_factory=Counter)
    began: Counter[int] = field(default_factory=Counter)
    down: int | None = None

    def teller(self) -> Teller:
        ended, began = self.ended.total(), self.began.total()
        gone = bool(ended) and ended >= 0.8 * self.series
        born = bool(began) and began >= 0.8 * self.series
        turned = not gone and min(ended, began) >= 0.3 * self.series
        return Teller(
            self.series,
            usual(self.ended) if gone else None,
            min(self.began) if born else None,
            self.down,
            usual(self.ended) if turned else None,
        )


def usual(rows: Counter[int]) -> int:
    return min(rows, key=lambda row: (-rows[row], row))


def replicas_of(rows: Iterable[LifeRow], late_row: int, scope: Scope) -> dict[str, list[Replica]]:
    """The replicas of each entity."""
    sums: dict[str, dict[tuple[str, str], Sum]] = defaultdict(lambda: defaultdict(Sum))
    for row in rows:
        key = Key(*row.entity)
        own = sums[scope.name_of_replica(key, row.replica)][row.replica, row.teller]
        own.series += row.series
        own.node = max(own.node, row.node and scope.names.of(Key(key.tenant, key.cluster, "", row.node)))
        for end, due, n in row.ended:
            if due <= late_row:
                own.ended[end] += n
        for birth, n in row.began:
            own.began[birth] += n
        if row.down is not None:
            own.down = row.down if own.down is None else min(own.down, row.down)
    return {name: replicas(sums[name]) for name in sorted(sums) if name != UNLABELLED}


def replicas(sums: dict[tuple[str, str], Sum]) -> list[Replica]:
    tellers: dict[str, dict[str, Teller]] = defaultdict(dict)
    nodes: dict[str, str] = {}
    for (replica, teller), own in sorted(sums.items()):
        if own.series:
            tellers[replica][teller] = own.teller()
            nodes[replica] = max(nodes.get(replica, ""), own.node)
    return [Replica(name, nodes[name], told) for name, told in tellers.items() if name or len(tellers) == 1]
