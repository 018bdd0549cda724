"""What the users of each workload lose, tick by tick: which requests fail, and which do not come.

How rare a movement is says nothing of how much it matters. Requests say that, in a unit that every service
has. Those of all its parts count together: what one part no longer gets and another one does is not lost, and
failures in a burst as it had on other days are no news. What stays for some rows is held against chance, so
that few requests say as much as many do, only later.
"""

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.bank.floors import ERROR_SHARE
from patternwatch.watch.bank.statistics import NEAR_FROM, NEAR_TO
from patternwatch.watch.history.week_of_maxima import BEYOND_PAST, HALF_HOUR_ROWS, HOUR_ROWS, WeekOfMaxima
from patternwatch.watch.losses.chance_of_losses import came_through, decades_of_failing, decades_of_missing
from patternwatch.watch.losses.losses import MOST_DOUBLINGS, Losses
from patternwatch.watch.losses.request_windows import (
    LEAST_REQUESTS,
    common_part,
    expected_of,
    failing_share,
    medians,
)
from patternwatch.watch.losses.requests import requests_of
from patternwatch.watch.losses.starts import Starts
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.metric_evidence import LEAST_SCORE

NEW_ROWS = 2
"""The newest rows, in which requests are lost now."""
FAILING_SHARE = 0.08
"""From this share of all requests on failures weigh; each doubling counts one more."""
MISSING_SHARE, MISSING_DEVIATIONS = 0.25, 4.0
"""What must be missing: this part of the usual, and to weigh so many deviations of a count."""
FAILING_ROWS, MISSING_ROWS = 6, 4
"""Rows over which losses that stay are counted: bursts of failures are over sooner, and a missed scrape or a
restart is a row or two."""
OVER = 0.1
"""A burst that is over stays in these rows for a while. It is over where so many of the newest requests came
through that, were they failing still, this would be less likely."""
STAYING_SHARE = 0.04
"""From this share on failures weigh that stay: they need not be told from a burst by their size."""
LEAST_DECADES, BEFORE_DECADES = 3.0, 1.3
"""What stays counts from here on: once in a thousand rows is chance. It has lasted, for three ticks, where
the rows ahead of the newest ones, and of the two before these, are less likely than one in twenty by
themselves: a burst of two minutes is not told from what begins to fail."""
SHARE_PARTS = 250
"""Steps of a byte in which the history of a share is kept."""


_NOBODY = np.empty(0, dtype=np.int64)


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
        self._newest = -1
        self._asked = np.empty((0, NEAR_TO), dtype=np.float32)
        self._failed = np.empty((0, NEAR_TO), dtype=np.float32)
        self._before = np.empty(0, dtype=np.float32)
        self._held = np.empty(0, dtype=np.bool_)
        self._starts = Starts()
        self._histories = {
            "bursts": WeekOfMaxima(SHARE_PARTS, HALF_HOUR_ROWS),
            "staying": WeekOfMaxima(SHARE_PARTS, HOUR_ROWS),
            "missing": WeekOfMaxima(1, HOUR_ROWS),
        }

    @property
    def asked(self) -> Floats32:
        """Requests in the newest rows by entity, shape (E, NEAR_TO); NaN where unknown."""
        return self._asked

    @property
    def failed(self) -> Floats32:
        """Those of them that failed, of the same shape."""
        return self._failed

    @property
    def usual(self) -> Floats32:
        """Requests of a row before these, shape (E,)."""
        return self._before

    @property
    def step_s(self) -> float:
        """Between two rows."""
        return self._step_ms / 1000

    def update(
        self, times_ms: Integers, values: Floats32, members: Members, begun: Integers = _NOBODY
    ) -> Losses:
        """Take new rows of all slots, shape (N, C), and say what is lost in the newest ones.

        begun  the slots that are new in these rows
        """
        share, stays = self._take(times_ms, values, np.arange(len(values)), members)
        self._starts.note(begun, len(times_ms), members)
        asked = self._asked[:, -NEW_ROWS:]
        bursts = self._histories["bursts"].past
        # Whether requests come in batches, and part of them always fails, other hours say: however few.
        staying, missing = (self._histories[name].of_all for name in ("staying", "missing"))
        failed, of = (np.nansum(rows[:, -FAILING_ROWS:], axis=1) for rows in (self._failed, self._asked))
        recent = self._asked[:, -FAILING_ROWS:], self._failed[:, -FAILING_ROWS:]
        over = came_through(*recent, NEW_ROWS) < OVER
        most = np.maximum(ERROR_SHARE, BEYOND_PAST * staying)
        decades = decades_of_failing(failed, of, most)
        lasted = np.ones(len(most), dtype=np.bool_)
        for end in (-NEW_ROWS, -2 * NEW_ROWS):
            ahead, of_ahead = (
                np.nansum(rows[:, -FAILING_ROWS:end], axis=1) for rows in (self._failed, self._asked)
            )
            lasted &= decades_of_failing(ahead, of_ahead, most) >= BEFORE_DECADES
        decades = np.minimum(decades, self._histories["staying"].rarity(stays, ERROR_SHARE) - LEAST_SCORE)
        # What all have fewer of is the hour's, and nobody's loss.
        usual, part = self._before * common_part(asked, self._before, 1 - MISSING_SHARE), 1 - MISSING_SHARE
        came, expected = expected_of(self._asked[:, -MISSING_ROWS:], part * usual)
        away = decades_of_missing(came, expected)
        stays_away = away >= np.maximum(LEAST_DECADES, BEYOND_PAST * missing)
        with np.errstate(divide="ignore", invalid="ignore"):
            doublings = np.log2(share / np.maximum(FAILING_SHARE, BEYOND_PAST * bursts))
            stayed = np.log2(stays / np.maximum(STAYING_SHARE, BEYOND_PAST * staying))
            now = np.fmax.reduce(asked, axis=1)
            left = now / usual
            lost = left < part
            weighs = lost & (usual - now >= MISSING_DEVIATIONS * np.sqrt(usual))
            # Few requests weigh in the rows over which they stay away, as those that fail do.
            halvings = np.where(
                weighs, -np.log2(left), np.where(stays_away, -np.log2(part * came / expected), 0)
            )
        certain = (stayed > 0) & (decades >= LEAST_DECADES) & ~over
        warms_up = self._starts.are_all_that_fails(self._asked, self._failed, lasted)
        certain &= ~warms_up
        doublings = np.where(warms_up, np.float32(0), doublings)
        enough = np.nansum(asked, axis=1) >= LEAST_REQUESTS
        return Losses(
            failing=_clipped(np.maximum(doublings, np.where(certain & lasted, stayed, 0))),
            usual=enough & (share <= np.maximum(ERROR_SHARE, bursts)),
            missing=_clipped(halvings),
            whole=np.isfinite(left) & ~lost,
            failing_decades=np.where(certain, decades, np.float32(0)),
            lasted=certain & lasted,
            missing_decades=np.where(stays_away, away, np.float32(0)),
        )

    def learn(
        self, times_ms: Integers, values: Floats32, slots: Integers, members: Members, each: int = 1
    ) -> None:
        """Take rows at the step, shape (N, T), of the N series in `slots`, and nothing more.

        each  how many of the rows stand for one that was read
        """
        self._take(times_ms, values, slots, members, each)

    def _take(
        self, times_ms: Integers, values: Floats32, slots: Integers, members: Members, each: int = 1
    ) -> tuple[Floats32, Floats32]:
        """The same, and what fails of the newest rows and of those over which failures stay, shape (E,)."""
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
        rows, away = len(times_ms), np.zeros((len(asked), len(times_ms)), dtype=np.float32)
        near, usual = self._before, 1 - MISSING_SHARE
        for back in range(0, rows, MISSING_ROWS):
            end = asked.shape[1] - back
            before = medians(asked[:, end - NEAR_TO : end - NEAR_FROM])
            lack = expected_of(asked[:, end - MISSING_ROWS : end], usual * before)
            away[:, rows - 1 - back] = decades_of_missing(*lack)
            near = before if back == 0 else near
        share = failing_share(asked, failed, NEW_ROWS)[:, -rows:]
        stays = failing_share(asked, failed, FAILING_ROWS)[:, -rows:]
        if each > FAILING_ROWS:
            # A coarse row says how many failed, not when: beyond what always does, it may have been a burst.
            always = medians(stays)[:, None]
            stays = always + np.maximum(stays - always, 0) * (each / FAILING_ROWS)
        for history, found in zip(self._histories.values(), (share, stays, away), strict=True):
            history.keep(self._newest, found, self._held)
        self._asked, self._failed = asked[:, -NEAR_TO:], failed[:, -NEAR_TO:]
        self._before = np.where(self._held, self._before, near)
        return share[:, -1], stays[:, -1]

    def hold(self, entities: Flags) -> None:
        """By entity: of whom nothing is learned as usual from now on, nor what led to it."""
        before, self._held = self._held, np.zeros_like(self._held)
        self._held[: len(entities)] = entities[: len(self._held)]
        for history in self._histories.values():
            history.forget_block(self._held & ~before)

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        found = {name: getattr(self, name) for name in _BY_ENTITY}
        for room, history in self._histories.items():
            found |= {f"{room}_{name}": array for name, array in history.snapshot().items()}
        return found | {"newest": np.array([self._newest], dtype=np.int64), "starts": self._starts.left}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        self._newest = int(arrays["newest"][0])
        for name in _BY_ENTITY:
            setattr(self, name, arrays[name])
        if "starts" in arrays:  # a snapshot of an older version lacks it
            self._starts.left = arrays["starts"]
        for room, history in self._histories.items():
            own = {name.removeprefix(f"{room}_"): array for name, array in arrays.items()}
            history.restore(own)

    def _fit(self, entities: int) -> None:
        for name, empty in _BY_ENTITY.items():
            setattr(self, name, grown(getattr(self, name), entities, empty))
        self._starts.fit(entities)
        for history in self._histories.values():
            history.fit(entities)


_BY_ENTITY = {"_asked": np.nan, "_failed": np.nan, "_before": np.nan, "_held": False}
"""What the arrays by entity hold of one that was never seen."""


def _clipped(doublings: Floats32) -> Floats32:
    return np.clip(doublings, 0, MOST_DOUBLINGS).astype(np.float32)
