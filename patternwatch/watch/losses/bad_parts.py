"""One replica of many that fails most of its requests, while the others do not.

Of twenty replicas one that fails every request makes five percent of all, which is within what fails for a
moment now and then. Held against the others it is plain: a balancer with outlier detection ejects such a one.
Failures that another part had before, as a follower's where only the leader answers, moved with a role.
Source: Envoy documentation, "Outlier detection", success rate.
"""

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.bank.bank import SeriesBank
from patternwatch.watch.bank.statistics import NEAR_FROM, NEAR_TO
from patternwatch.watch.losses.loss_memory import FAILING_ROWS, NEW_ROWS, LossMemory
from patternwatch.watch.losses.request_windows import LEAST_FAILED, LEAST_REQUESTS, failing_share, medians
from patternwatch.watch.losses.requests import requests_by
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.metric_evidence import CAP
from patternwatch.watch.suspects.suspects import NO_SUSPECTS, Suspects

BAD_SHARE, OTHERS = 0.5, 0.25
"""From this share on, in each of three ticks, a part is bad: a request of it rather fails than not. The
others fail less than this part of its share."""
TIMES_USUAL = 2.0
"""A part that failed less than half of that share before fails so many times as often."""
_ERROR = METRIC_CATEGORIES.index("error")


def bad_parts(columns: Columns, bank: SeriesBank, memory: LossMemory, members: Members) -> Suspects:
    """The series of failures of such parts, with the highest score that counts.

    columns  the newest rows, which bank and memory have taken already

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, bank, memory = Members(AnalysisSettings(), 30_000), SeriesBank(30_000), LossMemory(30_000)
    >>> names = "http_requests_total", "http_requests_failed_total"
    >>> pods = [f"cart-5d4f8c7b9-x2x{letter}k" for letter in "bcdf"]
    >>> labels = [{"__name__": name, "pod": pod} for pod in pods for name in names]
    >>> slots, begun = members.place(labels, ["rate"] * 8)
    >>> rows = np.zeros((len(members), 60), dtype=np.float32)
    >>> rows[slots[::2]], rows[slots[1], -6:] = 1.0, 0.8
    >>> columns = Columns(30_000 * np.arange(60), rows, begun)
    >>> _ = bank.update(columns, members), memory.take(columns.times_ms, rows, np.arange(len(rows)), members)
    >>> found = bad_parts(columns, bank, memory, members)
    >>> found.slots.tolist() == [slots[1]], found.up.tolist(), round(float(found.size[0]), 1)
    (True, [True], 0.8)
    """
    counting = members.present & (members.counting > 0)
    errors = np.flatnonzero(counting & (members.category == _ERROR))
    newest = np.nansum(columns.values[errors, -NEW_ROWS:], axis=1) * members.counting[errors]
    fails = np.zeros(len(members.pods), dtype=np.bool_)
    # Of few parts: only theirs is counted in full.
    usual = NEW_ROWS * np.nan_to_num(bank.level[errors]) * members.counting[errors]
    fails[members.pod[errors[newest >= np.maximum(LEAST_FAILED, TIMES_USUAL * usual)]]] = True
    if not fails.any():
        return NO_SUSPECTS
    slots = np.flatnonzero(counting & fails[members.pod])
    rows = bank.newest(slots, FAILING_ROWS)
    pod = members.pod[slots].astype(np.int64)
    asked, failed = requests_by(pod, len(fails), rows, slots, members)
    pods = np.flatnonzero(_is_bad(asked, failed))
    before = requests_by(pod, len(fails), bank.level[slots][:, None], slots, members)
    pods = pods[_is_news(*(each[pods, 0] for each in before))]
    owner = np.zeros(len(fails), dtype=np.int64)
    owner[pod] = members.entity[slots]
    pods = pods[_alone(asked[pods], failed[pods], owner[pods], memory)]
    mine = errors[(newest > 0) & np.isin(members.pod[errors], pods)]
    size = np.fmax.reduce(columns.values[mine, -NEW_ROWS:], axis=1)
    return Suspects(mine, np.ones(len(mine), np.bool_), np.full(len(mine), CAP, np.float32), size)


def _is_bad(asked: Floats32, failed: Floats32) -> Flags:
    """Which parts failed most of their requests in each of three ticks."""
    ticks = failing_share(asked, failed, NEW_ROWS)[:, NEW_ROWS - 1 :: NEW_ROWS]
    return np.asarray((ticks >= BAD_SHARE).all(axis=1))


def _is_news(asked: Floats32, failed: Floats32) -> Flags:
    """Which parts usually do not, by their requests of a row."""
    return np.asarray(np.nan_to_num(failed) < BAD_SHARE / 2 * np.maximum(np.nan_to_num(asked), 1e-9))


def _alone(asked: Floats32, failed: Floats32, owner: Integers, memory: LossMemory) -> Flags:
    """Which of these parts have others beside them that do not fail as they do, nor did so before."""
    of, bad = (np.nansum(each, axis=1) for each in (asked, failed))
    of_all, bad_of_all = (
        np.nansum(each[owner, -FAILING_ROWS:], axis=1) for each in (memory.asked, memory.failed)
    )
    before = FAILING_ROWS * np.nan_to_num(medians(memory.failed[owner, : NEAR_TO - NEAR_FROM]))
    has_more = bad_of_all - before >= BAD_SHARE * bad
    rest = np.maximum(of_all - of, 0)
    share = np.maximum(bad_of_all - bad, 0) / np.maximum(rest, 1)
    fail_less = share < OTHERS * np.minimum(bad / np.maximum(of, 1), 1)
    return np.asarray(has_more & (rest >= LEAST_REQUESTS) & fail_less)
