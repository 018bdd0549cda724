"""Unrelated workloads that end or begin together: what tells of them stopped, or began."""

from collections.abc import Iterable, Sequence

from patternwatch.analysis.lifecycle.replica import Group
from patternwatch.analysis.lifecycle.shared_ends import Shared
from patternwatch.analysis.lifecycle.turnover import TOGETHER_ROWS, Turnover
from patternwatch.contracts.lives import LifeEventKind

_UNRELATED = 3
"""Workloads that do not end together unless something that they share does; judgement."""
_MUCH = 0.3
"""Part of all workloads that do not end together unless what tells of them does; judgement."""
_MANY = 5
"""So many of them do not, of however many: five services are not killed in one moment; judgement."""


def scrape_gaps(groups: Sequence[Group], turnovers: Sequence[Turnover]) -> list[Shared]:
    """Scrapers that stopped, or the ways from them: unrelated workloads of which all ended together.

    One scraper's, where labels tell scrapers apart and another one goes on; else where a third of all
    workloads, or five, end together. An outage of a whole cluster looks alike, so nothing is blamed, and it
    is said.

    >>> scrape_gaps([], [])
    []
    """
    whole = [t for t in turnovers if t.kind == "ended"]
    found = []
    scrapers = sorted({s for g in groups for s in g.scrapers if s})
    if len(scrapers) > 1:
        for scraper in scrapers:
            own = {g.entity for g in groups if g.scrapers == {scraper}}
            ended = [t for t in whole if t.group.entity in own]
            if len(ended) == len(own) >= _UNRELATED and _are_together(ended):
                found.append(_shared("scrape_gap", scraper, ended))
    told = {g.entity for gap in found for g in gap.groups}
    rest = [t for t in whole if t.group.entity not in told]
    together = _largest_together(rest)
    if _is_much(len(together), len(groups) - len(told)):
        found.append(_shared("scrape_gap", "", together))
    return found


def data_begins(groups: Sequence[Group], turnovers: Sequence[Turnover]) -> list[Shared]:
    """Where the samples of much of all begin together: a retention, a new scraper, a recording.

    >>> data_begins([], [])
    []
    """
    together = _largest_together([t for t in turnovers if t.kind == "began"])
    if not _is_much(len(together), len(groups)):
        return []
    return [_shared("data_begins", "", together)]


def _shared(kind: LifeEventKind, name: str, ended: Sequence[Turnover]) -> Shared:
    return Shared(
        kind,
        name,
        min(t.row for t in ended),
        max(t.last for t in ended),
        [t.group for t in ended],
        [r for t in ended for r in t.replicas],
    )


def _are_together(ended: Iterable[Turnover]) -> bool:
    rows = [row for t in ended for row in (t.row, t.last)]
    return max(rows) - min(rows) <= TOGETHER_ROWS


def _is_much(together: int, groups: int) -> bool:
    return together >= _UNRELATED and (together >= _MUCH * groups or together >= _MANY)


def _largest_together(ended: Sequence[Turnover]) -> list[Turnover]:
    """The most of these that ended within some rows of each other."""
    best: list[Turnover] = []
    for first in ended:
        own = [t for t in ended if first.row <= t.row and t.last <= first.row + TOGETHER_ROWS]
        if len(own) > len(best):
            best = own
    return best
