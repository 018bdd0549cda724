"""What Kubernetes states of the workloads of a cluster in one tick, as suspects that need no history.

A container that is started again and again (`crash_loops.py`), replicas that are missing
(`missing_replicas.py`), a scheduled run that failed (`failed_runs.py`).
"""

import math

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Integers
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.bank.bank import SeriesBank
from patternwatch.watch.members import told_states
from patternwatch.watch.members.members import Members
from patternwatch.watch.stated.crash_loops import RESTARTS, WITHIN_S, crash_loops, starts_of
from patternwatch.watch.stated.failed_runs import BACKOFF_S, FailedRuns, failed_since
from patternwatch.watch.stated.lost_machines import lost_machines
from patternwatch.watch.stated.missing_replicas import (
    none_left,
    stuck_beside,
    stuck_rows,
    stuck_short,
    workload_of,
)
from patternwatch.watch.suspects.metric_evidence import CAP
from patternwatch.watch.suspects.suspects import NO_SUSPECTS, Suspects, joined

_EVER = 10**6
"""Rows: all that are kept."""


class Stated:
    """The facts of one cluster, tick by tick.

    step_ms  between two rows

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.watch.arrays.columns import Columns
    >>> members, bank, stated = Members(AnalysisSettings(), 30_000), SeriesBank(30_000), Stated(30_000)
    >>> labels = [{"__name__": "kube_pod_container_status_restarts_total", "pod": "cart-0"}]
    >>> slots, begun = members.place(labels, ["rate"])
    >>> rows = np.zeros((len(members), 60), dtype=np.float32)
    >>> rows[slots[0], [30, 40, 55]] = 1 / 30
    >>> _ = bank.update(Columns(30_000 * np.arange(60), rows, begun), members)
    >>> facts = stated.facts(bank, members)
    >>> facts.slots.tolist(), facts.up.tolist(), facts.score.tolist(), round(float(facts.size[0]), 4)
    ([0], [True], [8.0], 0.0025)
    """

    def __init__(self, step_ms: int) -> None:
        self._step_s = step_ms / 1000
        self._runs = FailedRuns(self._step_s)

    def facts(self, bank: SeriesBank, members: Members) -> Suspects:
        """What is so in the newest row; its score is the highest that counts."""
        telling = np.flatnonzero(members.states)
        telling = telling[members.present[telling]]
        of = {state: telling[members.states[telling] == state] for state in range(1, told_states.STATES)}
        looping = self._looping(bank, of[told_states.RESTARTS])
        away = joined(self._away(bank, members, of), self._beside(bank, members, of))
        failed = self._failed(bank, members, of)
        ready, cordoned = of[told_states.NODE_READY], of[told_states.CORDONED]
        lost = lost_machines(bank, members, ready, cordoned, self._step_s)
        failed = joined(failed, _facts(lost, np.ones(len(lost)), up=False))
        return joined(looping, joined(failed, away))

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        return self._runs.snapshot()

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        self._runs.restore(arrays)

    def _looping(self, bank: SeriesBank, slots: Integers) -> Suspects:
        """Containers that are started again and again."""
        recent = bank.newest(slots, math.ceil(WITHIN_S / self._step_s))
        starts = starts_of(recent, self._step_s).sum(axis=1)
        often = starts >= RESTARTS  # of few containers: only their older rows are looked at
        slots, starts = slots[often], starts[often]
        loops = crash_loops(bank.newest(slots, _EVER), self._step_s)
        return _facts(slots[loops], starts[loops] / WITHIN_S, up=True)

    def _away(self, bank: SeriesBank, members: Members, of: dict[int, Integers]) -> Suspects:
        """Workloads without any replica, or with fewer for long, where more are wished for."""
        slots, wishes = of[told_states.AVAILABLE], of[told_states.WISHED]
        usual, available = bank.level[slots], bank.newest(slots, stuck_rows(self._step_s))
        short = available[:, -1] < usual
        if not short.any():
            return NO_SUSPECTS
        slots, usual, available = slots[short], usual[short], available[short]
        wishes = wishes[np.isin(members.entity[wishes], members.entity[slots])]
        asked = zip(wishes.tolist(), bank.newest(wishes, 1)[:, 0].tolist(), strict=True)
        by_name = {workload_of(members.labels[slot]): wished for slot, wished in asked}
        mine = (workload_of(members.labels[slot]) for slot in slots.tolist())
        wished = np.array([by_name.get(own, np.nan) for own in mine], dtype=np.float32)
        away = none_left(available, usual, self._step_s) & (wished > 0)
        stuck = stuck_short(available, usual, wished, self._step_s)
        away |= stuck & ~self._progresses(bank, members, slots, of[told_states.UPDATED])
        return _facts(slots[away], (usual - available[:, -1])[away], up=False)

    def _beside(self, bank: SeriesBank, members: Members, of: dict[int, Integers]) -> Suspects:
        """Workloads of which new replicas do not become available, beside those that serve."""
        slots = of[told_states.UNAVAILABLE]
        slots = slots[bank.newest(slots, 1)[:, 0] > bank.level[slots]]
        missing, usual = bank.newest(slots, stuck_rows(self._step_s)), bank.level[slots]
        stuck = stuck_beside(missing, usual, self._step_s)
        stuck &= ~self._progresses(bank, members, slots, of[told_states.UPDATED])
        return _facts(slots[stuck], (missing[:, -1] - usual)[stuck], up=True)

    def _progresses(self, bank: SeriesBank, members: Members, slots: Integers, updated: Integers) -> Flags:
        """Of which of these workloads more replicas are of the newest version than ten minutes ago."""
        updated = updated[np.isin(members.entity[updated], members.entity[slots])]
        rows = bank.newest(updated, stuck_rows(self._step_s))
        moves = np.fmax.reduce(rows, axis=1) > np.fmin.reduce(rows, axis=1)
        moving = {workload_of(members.labels[slot]) for slot in updated[moves].tolist()}
        mine = [workload_of(members.labels[slot]) in moving for slot in slots.tolist()]
        return np.array(mine, dtype=np.bool_)

    def _failed(self, bank: SeriesBank, members: Members, of: dict[int, Integers]) -> Suspects:
        """Scheduled runs that failed, as a whole or by their pods."""
        told, pods = (
            slots[bank.newest(slots, 1)[:, 0] > 0]
            for slots in (of[told_states.FAILED_RUN], of[told_states.FAILED_PODS])
        )
        slots = np.concatenate([told, self._over(bank, members, pods, of[told_states.RUN_GOES_ON])])
        if not len(slots):
            return NO_SUSPECTS
        since = failed_since(bank.newest(slots, _EVER), bank.newest_row)
        entity = members.entity[slots].astype(np.int64)
        fresh = self._runs.fresh(bank.newest_row, entity, since, len(members.machines))
        return _facts(slots[fresh], np.ones(np.count_nonzero(fresh)), up=True)

    def _over(self, bank: SeriesBank, members: Members, slots: Integers, others: Integers) -> Integers:
        """Those whose run has no pod that runs or is done, for longer than Kubernetes waits to try again."""
        if not len(slots):
            return slots
        goes_on = (bank.newest(others, math.ceil(BACKOFF_S / self._step_s)) > 0).any(axis=1)
        known = {_run_of(members, slot) for slot in others.tolist()}
        living = {_run_of(members, slot) for slot in others[goes_on].tolist()}
        over = [slot for slot in slots.tolist() if _run_of(members, slot) in known - living]
        return np.array(over, dtype=np.int64)


def _run_of(members: Members, slot: int) -> tuple[int, str]:
    return int(members.entity[slot]), members.labels[slot].get("job_name", "")


def _facts(slots: Integers, size: npt.ArrayLike, *, up: bool) -> Suspects:
    number = len(slots)
    return Suspects(
        slots, np.full(number, up), np.full(number, CAP, dtype=np.float32), np.asarray(size, dtype=np.float32)
    )


def known_by_fact(counted: Suspects, facts: Suspects, members: Members) -> Integers:
    """Numbers of the entities of which a fact counts in full: it is not muted, and its like was no noise.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> slots, _ = members.place([{"__name__": "kube_job_failed", "job_name": "report-29300000"}], [""])
    >>> fact = _facts(slots, np.ones(1), up=True)
    >>> known_by_fact(fact, fact, members).tolist(), known_by_fact(NO_SUSPECTS, fact, members).tolist()
    ([0], [])
    """
    mine = np.isin(counted.slots, facts.slots) & (counted.score >= CAP)
    return np.unique(members.entity[counted.slots[mine]]).astype(np.int64)
