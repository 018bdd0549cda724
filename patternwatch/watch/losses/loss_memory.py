"""What is kept of each workload's requests: the newest rows, what is usual, how far losses went in a week."""

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.bank.statistics import NEAR_FROM, NEAR_TO
from patternwatch.watch.history.week_of_maxima import HALF_HOUR_ROWS, HOUR_ROWS, WeekOfMaxima
from patternwatch.watch.losses.chance_of_losses import decades_of_missing
from patternwatch.watch.losses.request_windows import expected_of, failing_share, medians
from patternwatch.watch.losses.requests import requests_of
from patternwatch.watch.losses.turned_away import TurnedAway
from patternwatch.watch.members.members import Members

NEW_ROWS = 2
"""The newest rows, in which requests are lost now."""
FAILING_ROWS, MISSING_ROWS = 6, 4
"""Rows over which losses that stay are counted: bursts of failures are over sooner, and a missed scrape or a
restart is a row or two."""
MISSING_SHARE = 0.25
"""This part of the usual must be missing."""
SHARE_PARTS = 250
"""Steps of a byte in which the history of a share is kept."""


class LossMemory:
    """The requests of E workloads, all parts of each together.

    step_ms  between two rows
    asked    requests in the newest rows, shape (E, NEAR_TO); NaN where unknown
    failed   those of them that failed, or were refused in place of being served, of the same shape
    usual    requests of a row before these, shape (E,)
    bursts, staying, missing
             what failed of the newest rows and of those over which failures stay, and how little chance
             explains what stayed away, in the other blocks of a week

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, memory = Members(AnalysisSettings(), 30_000), LossMemory(30_000)
    >>> names = "http_requests_total", "http_requests_failed_total"
    >>> slots, _ = members.place([{"__name__": name, "service": "cart"} for name in names], ["rate", "rate"])
    >>> rows = np.zeros((len(members), 60), dtype=np.float32)
    >>> rows[slots[0]], rows[slots[1], -2:] = 10.0, 3.2
    >>> share, stays = memory.take(30_000 * np.arange(60), rows, np.arange(len(rows)), members)
    >>> [round(float(each[0]), 2) for each in (share, stays, memory.usual)]
    [0.32, 0.11, 300.0]
    """

    def __init__(self, step_ms: int) -> None:
        self._step_ms = step_ms
        self._newest = -1
        self.asked = np.empty((0, NEAR_TO), dtype=np.float32)
        self.failed = np.empty((0, NEAR_TO), dtype=np.float32)
        self.usual = np.empty(0, dtype=np.float32)
        self._held = np.empty(0, dtype=np.bool_)
        self._turned_away = TurnedAway()
        self.bursts = WeekOfMaxima(SHARE_PARTS, HALF_HOUR_ROWS)
        self.staying = WeekOfMaxima(SHARE_PARTS, HOUR_ROWS)
        self.missing = WeekOfMaxima(1, HOUR_ROWS)
        self._histories = {"bursts": self.bursts, "staying": self.staying, "missing": self.missing}

    @property
    def held(self) -> Flags:
        """By entity: whether nothing is learned of it as usual."""
        return self._held

    @property
    def step_s(self) -> float:
        """Between two rows."""
        return self._step_ms / 1000

    def take(
        self, times_ms: Integers, values: Floats32, slots: Integers, members: Members, each: int = 1
    ) -> tuple[Floats32, Floats32]:
        """Take rows at the step, shape (N, T), of the N series in `slots`.

        each  how many of the rows stand for one that was read

        Gives what fails of the newest rows and of those over which failures stay, shape (E,) each.
        """
        self._fit(len(members.machines))
        first = int(times_ms[0]) // self._step_ms
        skipped = min(max(first - self._newest - 1, 0), NEAR_TO) if self._newest >= 0 else 0
        self._newest = first + len(times_ms) - 1
        gap = ((0, 0), (skipped, 0))
        both = (np.pad(new, gap, constant_values=np.nan) for new in requests_of(values, slots, members))
        asked, failed = (
            np.concatenate([old, new], axis=1)
            for old, new in zip((self.asked, self.failed), both, strict=True)
        )
        turned_away = self._turned_away.take(values, slots, members, self._held, skipped)
        newest = failed[:, -len(times_ms) :]
        newest[:] = np.where(turned_away > 0, np.nan_to_num(newest) + turned_away, newest)
        rows, away = len(times_ms), np.zeros((len(asked), len(times_ms)), dtype=np.float32)
        near, usual = self.usual, 1 - MISSING_SHARE
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
        self.asked, self.failed = asked[:, -NEAR_TO:], failed[:, -NEAR_TO:]
        self.usual = np.where(self._held, self.usual, near)
        return share[:, -1], stays[:, -1]

    def hold(self, entities: Flags) -> None:
        """By entity: of whom nothing is learned as usual from now on, nor what led to it."""
        before, self._held = self._held, np.zeros_like(self._held)
        self._held[: len(entities)] = entities[: len(self._held)]
        for history in self._histories.values():
            history.forget_block(self._held & ~before)

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        found = {name: getattr(self, own) for name, (own, _) in _BY_ENTITY.items()}
        for room, history in self._histories.items():
            found |= {f"{room}_{name}": array for name, array in history.snapshot().items()}
        found |= {f"away_{name}": array for name, array in self._turned_away.snapshot().items()}
        return found | {"newest": np.array([self._newest], dtype=np.int64)}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        self._newest = int(arrays["newest"][0])
        for name, (own, _) in _BY_ENTITY.items():
            setattr(self, own, arrays[name])
        self._turned_away.restore({name.removeprefix("away_"): array for name, array in arrays.items()})
        for room, history in self._histories.items():
            history.restore({name.removeprefix(f"{room}_"): array for name, array in arrays.items()})

    def _fit(self, entities: int) -> None:
        for own, empty in _BY_ENTITY.values():
            setattr(self, own, grown(getattr(self, own), entities, empty))
        for history in self._histories.values():
            history.fit(entities)


_BY_ENTITY = {
    "_asked": ("asked", np.nan),
    "_failed": ("failed", np.nan),
    "_before": ("usual", np.nan),
    "_held": ("_held", False),
}
"""By their names in snapshots: the arrays by entity, and what they hold of one that was never seen."""
