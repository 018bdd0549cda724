"""What the users of a workload lose: the part of its requests that fail, and the part that does not come.

How rare a movement is says nothing of how much it matters. Requests say that, in a unit that every service
has. Those of all its parts count together: what one part no longer gets and another one does is not lost, and
failures in a burst as it had on other days are no news.
"""

from dataclasses import dataclass

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.floors import ERROR_SHARE
from patternwatch.watch.grown import grown
from patternwatch.watch.members import Members
from patternwatch.watch.packing import Arrays
from patternwatch.watch.requests import requests_of
from patternwatch.watch.statistics import NEAR_FROM, NEAR_TO

NEW_ROWS = 2
"""The newest rows, in which requests are lost now."""
FAILING_SHARE = 0.08
"""From this share of all requests on failures weigh; each doubling counts one more."""
BEYOND_PAST = 2.0
"""How many times the highest half hours of the last week but one: the highest may be an incident."""
LEAST_FAILED, LEAST_REQUESTS = 5.0, 10.0
"""Failed ones, and requests, in the newest rows from which on a share says something."""
MISSING_SHARE, MISSING_DEVIATIONS = 0.25, 4.0
"""What must be missing: this part of the usual, and to weigh so many deviations of a count."""
MOST_DOUBLINGS = 4.0
BLOCK_ROWS, BLOCKS, PARTS = 60, 336, 250
"""Of each half hour of a week the highest failing share is kept, in so many parts of all requests."""


@dataclass(frozen=True, slots=True)
class Losses:
    """By entity number, each of shape (E,); of entities beyond it nothing is known.

    failing  float32: doublings of the failing share, from 0 to MOST_DOUBLINGS
    usual    bool: its failures are over, or no more than in other half hours
    missing  float32: halvings of its requests, from 0 to MOST_DOUBLINGS
    whole    bool: it has about as many requests as before
    """

    failing: Floats32
    usual: Flags
    missing: Floats32
    whole: Flags

    def fitted(self, entities: int) -> "Losses":
        """The same of so many entities; the new ones lose nothing that is known."""
        more = (0, max(0, entities - len(self.failing)))
        return Losses(*(np.pad(getattr(self, name), more)[:entities] for name in self.__slots__))


NO_LOSSES = Losses(
    np.empty(0, np.float32), np.empty(0, np.bool_), np.empty(0, np.float32), np.empty(0, np.bool_)
)


class LossWatch:
    """What is lost of each workload's requests, tick by tick.

    step_ms  between two rows

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, watch = Members(AnalysisSettings(), 30_000), LossWatch(30_000)
    >>> names = "http_requests_total", "http_requests_failed_total"
    >>> slots, _ = members.place([{"__name__": name, "service": "cart"} for name in names], ["rate", "rate"])
    >>> rows = np.zeros((len(members), 60), dtype=np.float32)
    >>> rows[slots[0]], rows[slots[1], -2:] = 10.0, 3.2
    >>> losses = watch.update(30_000 * np.arange(60), rows, members)
    >>> losses.failing.tolist(), losses.usual.tolist(), losses.missing.tolist(), losses.whole.tolist()
    ([2.0], [False], [0.0], [True])
    """

    def __init__(self, step_ms: int) -> None:
        self._step_ms = step_ms
        self._newest = self._block = -1
        self._asked = np.empty((0, NEAR_TO), dtype=np.float32)
        self._failed = np.empty((0, NEAR_TO), dtype=np.float32)
        self._before = np.empty(0, dtype=np.float32)
        self._current = np.empty(0, dtype=np.float32)
        self._past = np.empty(0, dtype=np.float32)
        self._highest = np.empty((0, BLOCKS), dtype=np.uint8)
        self._held = np.empty(0, dtype=np.bool_)

    def update(self, times_ms: Integers, values: Floats32, members: Members) -> Losses:
        """Take new rows of all slots, shape (N, C), and say what is lost in the newest ones."""
        self.learn(times_ms, values, np.arange(len(values)), members)
        asked = self._asked[:, -NEW_ROWS:]
        share = failing_share(self._asked, self._failed)[:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            doublings = np.log2(share / np.maximum(FAILING_SHARE, BEYOND_PAST * self._past))
            now = np.fmax.reduce(asked, axis=1)
            left = now / self._before
            lost = left < 1 - MISSING_SHARE
            weighs = lost & (self._before - now >= MISSING_DEVIATIONS * np.sqrt(self._before))
            halvings = np.where(weighs, -np.log2(left), 0)
        enough = np.nansum(asked, axis=1) >= LEAST_REQUESTS
        return Losses(
            failing=np.clip(doublings, 0, MOST_DOUBLINGS).astype(np.float32),
            usual=enough & (share <= np.maximum(ERROR_SHARE, self._past)),
            missing=np.clip(halvings, 0, MOST_DOUBLINGS).astype(np.float32),
            whole=np.isfinite(left) & ~lost,
        )

    def learn(self, times_ms: Integers, values: Floats32, slots: Integers, members: Members) -> None:
        """Take rows at the step, shape (N, T), of the N series in `slots`, and nothing more."""
        self._fit(len(members.machines))
        first = int(times_ms[0]) // self._step_ms
        skipped = min(max(first - self._newest - 1, 0), NEAR_TO) if self._newest >= 0 else 0
        self._newest = first + len(times_ms) - 1
        gap = ((0, 0), (skipped, 0))
        both = (np.pad(new, gap, constant_values=np.nan) for new in requests_of(values, slots, members))
        asked, failed = (
            np.concatenate([old, new], axis=1)
            for old, new in zip((self._asked, self._failed), both, strict=True)
        )
        self._keep(failing_share(asked, failed)[:, -len(times_ms) :])
        self._asked, self._failed = asked[:, -NEAR_TO:], failed[:, -NEAR_TO:]
        near = _medians(self._asked[:, : NEAR_TO - NEAR_FROM])
        self._before = np.where(self._held, self._before, near)

    def hold(self, entities: Flags) -> None:
        """By entity: of whom nothing is learned as usual from now on."""
        self._held[:] = False
        self._held[: len(entities)] = entities[: len(self._held)]

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        newest = np.array([self._newest, self._block], dtype=np.int64)
        return {"newest": newest} | {name: getattr(self, name) for name in _BY_ENTITY}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        self._newest, self._block = (int(number) for number in arrays["newest"])
        for name in _BY_ENTITY:
            setattr(self, name, arrays[name])

    def _keep(self, shares: Floats32) -> None:
        """Put the failing shares of the newest rows, shape (E, T), to the highest of their half hours."""
        first = self._newest - shares.shape[1] + 1
        for block in range(first // BLOCK_ROWS, self._newest // BLOCK_ROWS + 1):
            if block != self._block:
                self._highest[:, self._block % BLOCKS] = np.rint(self._current * PARTS)
                past = np.partition(self._highest, -2, axis=1)[:, -2]
                self._past = (past / PARTS).astype(np.float32)
                self._current, self._block = np.zeros_like(self._current), block
            begin, end = block * BLOCK_ROWS - first, (block + 1) * BLOCK_ROWS - first
            highest = shares[:, max(begin, 0) : end].max(axis=1, initial=0)
            self._current = np.where(self._held, self._current, np.maximum(self._current, highest))

    def _fit(self, entities: int) -> None:
        for name, empty in _BY_ENTITY.items():
            setattr(self, name, grown(getattr(self, name), entities, empty))


_BY_ENTITY = {
    "_asked": np.nan,
    "_failed": np.nan,
    "_before": np.nan,
    "_current": 0.0,
    "_past": 0.0,
    "_highest": 0,
    "_held": False,
}
"""What the arrays by entity hold of one that was never seen."""


def failing_share(asked: Floats32, failed: Floats32) -> Floats32:
    """The part of the requests of `NEW_ROWS` rows that failed, by row; 0 where it says nothing.

    asked, failed  shape (E, T); NaN where unknown

    >>> failing_share(np.float32([[30, 30, 30]]), np.float32([[0, 0, 15]])).tolist()
    [[0.0, 0.0, 0.25]]
    """
    of, bad = (_newest_sums(rows) for rows in (asked, failed))
    says = (of >= LEAST_REQUESTS) & (bad >= LEAST_FAILED)
    return np.where(says, np.minimum(bad / np.maximum(of, 1), 1), 0).astype(np.float32)


def _newest_sums(rows: Floats32) -> Floats32:
    """The sum of each row and the ones before it, `NEW_ROWS` in all; what is unknown counts nothing."""
    known = np.nan_to_num(rows)
    sums = known.copy()
    for back in range(1, NEW_ROWS):
        sums[:, back:] += known[:, :-back]
    return sums


def _medians(rows: Floats32) -> Floats32:
    """The (lower) median of each series of rows, shape (E, T); NaN where there are none."""
    ordered = np.sort(rows, axis=1)
    middle = np.maximum(np.count_nonzero(~np.isnan(rows), axis=1) - 1, 0) // 2
    return np.asarray(np.take_along_axis(ordered, middle[:, None], axis=1)[:, 0])
