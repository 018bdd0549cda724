"""What happened to the replicas of one workload: ended, replaced, scaled, finished."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from patternwatch.analysis.lifecycle.facts import Intended
from patternwatch.analysis.lifecycle.finished_jobs import is_of_finished
from patternwatch.analysis.lifecycle.replica import Group, Replica, Teller
from patternwatch.contracts.lives import LifeEventKind

APART_ROWS = 20
"""Rows between two ends from which on they are two events: a rolling update goes on from pod to pod."""
REPLACED = 0.8
"""Part of the ended replicas for which others began, where they were replaced; judgement."""
TOGETHER_ROWS = 4
"""Rows within which things end together: targets are scraped up to a minute apart; judgement."""
_USUAL = 2
"""Ends before, in the same window, that make one more of them usual: a schedule's or an autoscaler's."""
_SHORT_LIFE_ROWS = 60
"""Rows that a replica lived of which nothing is left: a task that is done, no service; judgement. One beside
others that are all still there was one too many, as while a node is drained."""
_REPLACED_WEIGHT = 0.3
"""What a replica that ended counts where another one came in its place; judgement."""
_BEGAN_WEIGHT = 0.3
"""What something wholly new counts; judgement: it may trouble others, and seldom does."""
_EXPORTER_WEIGHT = 0.6
"""What an exporter or an endpoint that ended counts, its target being alive; judgement."""
_SURE_SERIES = 3
"""Series from which on it is sure that what they tell of ended, and not the one metric; judgement."""


@dataclass(frozen=True, slots=True)
class Turnover:
    """One thing that happened to a workload's replicas.

    kind       see `LifeEvent`
    group      the workload
    row, last  when the first and the last of them ended or began
    replicas   those that did
    of         how many there were
    weight     how much it says about a cause, 0 to 1
    """

    kind: LifeEventKind
    group: Group
    row: int
    last: int
    replicas: Sequence[Replica]
    of: int
    weight: float

    @property
    def is_scaled_away(self) -> bool:
        """Whether its specification scaled it to nothing, for the first time in the window.

        What was scaled to nothing before and came back is a schedule's or an autoscaler's.
        """
        return self.kind == "scaled_in" and len(self.replicas) == self.of == len(self.group.replicas)


def turnover_of(group: Group, intended: Intended, earliest: int) -> Turnover | None:
    """What happened last to the replicas of a workload, None where nothing did.

    intended  what was meant to be
    earliest  first row at which a trouble can begin

    >>> from patternwatch.analysis.lifecycle.replica import Teller
    >>> cart = Replica("cart-0", "", {"cart": Teller(6, 250, None, None, None)})
    >>> group = Group("cart", "deployment", frozenset(), [cart])
    >>> scaled = Intended(desired={"cart": (1, 0)})
    >>> turnover_of(group, Intended(), 60).kind, turnover_of(group, scaled, 60).kind
    ('ended', 'scaled_in')
    """
    if came_and_went := _came_and_went(group, earliest):
        return came_and_went
    gone = sorted(((r.gone, r.name, r) for r in group.replicas if r.gone is not None), key=lambda g: g[:2])
    if gone and gone[-1][0] >= earliest:
        first = len(gone) - 1
        while first and gone[first][0] - gone[first - 1][0] <= APART_ROWS:
            first -= 1
        return _ended(group, [r for _, _, r in gone[first:]], len(gone[:first]), intended)
    return _without_ends(group, intended, earliest)


def _came_and_went(group: Group, earliest: int) -> Turnover | None:
    """One or two that were there for a while, while none of the others ended or began: one too many.

    More than two are a burst of work that an autoscaler made room for, where all of them lived for a while
    at once: there are as many as before it. What ends soon after it began is no autoscaler's.
    """
    lives = [(passed, r) for r in group.replicas if (passed := r.passed) and passed[1] >= earliest]
    others = [r for r in group.replicas if r.passed is None]
    if not lives or not others:
        return None
    last_born, first_gone = max(born for (born, _), _ in lives), min(gone for (_, gone), _ in lives)
    is_burst = first_gone - last_born >= APART_ROWS
    if len(lives) > min(_USUAL, len(others)) and not is_burst:
        return None
    since = min(born for (born, _), _ in lives) - APART_ROWS
    if any(_changed(r, since) for r in others):
        return None
    if any(gone - born >= _SHORT_LIFE_ROWS for (born, gone), _ in lives):
        return None
    ends = [gone for (_, gone), _ in lives]
    of = len(group.replicas)
    return Turnover("came_and_went", group, min(ends), max(ends), [r for _, r in lives], of, 0.0)


def _changed(replica: Replica, since: int) -> bool:
    """Whether it ended, began or was down from a row on: what happened long before is another thing."""
    rows = (row for t in replica.tellers.values() for row in (t.gone, t.born, t.down))
    return any(row is not None and row >= since for row in rows)


def _ended(group: Group, ended: Sequence[Replica], before: int, intended: Intended) -> Turnover:
    """Of these replicas, which ended together, `before` others having ended earlier in the window."""
    row, last = _row(ended[0].gone), _row(ended[-1].gone)
    living = [r for r in group.replicas if r.gone is None]
    new = sum(r.born is not None and r.born >= row - APART_ROWS for r in living)
    of = len(living) - new + len(ended)
    kind, weight = _kind(group, ended, living, intended), 0.0
    if kind is None and new >= REPLACED * len(ended):
        whole = len(ended) >= REPLACED * of
        kind = "rollout" if whole else "replaced"
        weight = 0.0 if whole else _REPLACED_WEIGHT * (len(ended) / of) ** 0.5
    elif kind is None and _are_of_last_release(ended, living):
        kind, of = "rollout", len(ended)
    elif kind is None and before >= _USUAL:
        kind = "usual"
    elif kind is None:
        kind = "part_ended" if living else "ended"
        weight = ((len(ended) - new) / of) ** 0.5 if living else _certainty(ended)
    return Turnover(kind, group, row, last, ended, of, weight)


def _are_of_last_release(ended: Sequence[Replica], living: Sequence[Replica]) -> bool:
    """Whether all that live began before these ended, and are as many: the next release has taken over.

    Blue and green stand side by side for as long as somebody looks at green, and a canary grows as slowly.
    Of a release that stays, what was there before the window goes on.
    """
    first = min(_row(r.gone) for r in ended)
    took_over = all(r.born is not None and r.born <= first for r in living)
    return took_over and len(living) >= REPLACED * len(ended) and all(r.born is None for r in ended)


def _kind(
    group: Group, ended: Sequence[Replica], living: Sequence[Replica], intended: Intended
) -> LifeEventKind | None:
    """What these ends are where they were intended; None where nothing says so."""
    if all(_is_job(r, group, intended) for r in ended):
        return "job_finished"
    if not living and all(r.born is not None and _row(r.gone) - r.born < _SHORT_LIFE_ROWS for r in ended):
        return "job_finished"
    desired = intended.desired.get(group.entity)
    return "scaled_in" if desired and desired[1] < desired[0] and desired[1] <= len(living) else None


def _certainty(ended: Sequence[Replica]) -> float:
    series = sum(r.series for r in ended)
    return min(1.0, (series + 1) / (_SURE_SERIES + 1))


def _is_job(replica: Replica, group: Group, intended: Intended) -> bool:
    return is_of_finished(replica.name, intended.finished) or group.kind == "cronjob"


def _without_ends(group: Group, intended: Intended, earliest: int) -> Turnover | None:
    """What happened to a workload of which no replica ended of late."""
    number = len(group.replicas)
    kind: LifeEventKind
    if told := [(row, r) for r in group.replicas if (row := _teller_row(r, earliest)) is not None]:
        kind, of, weight = "exporter_ended", number, _EXPORTER_WEIGHT * (len(told) / number) ** 0.5
        if all(_is_job(r, group, intended) for _, r in told):  # Kubernetes still tells of its pods
            kind, weight = "job_finished", 0.0
    elif told := [(row, r) for r in group.replicas if (row := _turned(r, earliest)) is not None]:
        kind, of, weight = "relabelled", number, 0.0
    elif told := [(r.born, r) for r in group.replicas if r.born is not None and r.born >= earliest]:
        of = number - len(told)
        kind, weight = ("scaled_out", 0.0) if of else ("began", _BEGAN_WEIGHT * _certainty(_replicas(told)))
    else:
        return None
    rows = [row for row, _ in told]
    return Turnover(kind, group, min(rows), max(rows), _replicas(told), of, weight)


def _replicas(told: Iterable[tuple[int, Replica]]) -> list[Replica]:
    return [replica for _, replica in told]


def _teller_row(replica: Replica, earliest: int) -> int | None:
    """Row at which a scrape job ended to tell of a replica of which another one still tells."""
    told = replica.tellers.values()
    rows = [t.gone for t in told if t.gone is not None and t.gone >= earliest and not _is_renamed(t, told)]
    return min(rows, default=None) if replica.gone is None else None


def _turned(replica: Replica, earliest: int) -> int | None:
    """Row at which the series of a replica ended, and began under other labels or another scrape job."""
    told = replica.tellers.values()
    ends = [
        t.gone if t.turned is None else t.turned for t in told if t.turned is not None or _is_renamed(t, told)
    ]
    return min((row for row in ends if row is not None and row >= earliest), default=None)


def _is_renamed(teller: Teller, told: Iterable[Teller]) -> bool:
    """Whether a scrape job that ended goes on under another name: one that tells as much began then."""
    gone = teller.gone
    return gone is not None and any(
        t.born is not None and abs(t.born - gone) <= TOGETHER_ROWS and t.series >= REPLACED * teller.series
        for t in told
    )


def _row(row: int | None) -> int:
    assert row is not None
    return row
