"""What the users of each workload lose, tick by tick: which requests fail, and which do not come.

How rare a movement is says nothing of how much it matters. Requests say that, in a unit that every service
has. Those of all its parts count together: what one part no longer gets and another one does is not lost, and
failures in a burst as it had on other days are no news. What stays for some rows is held against chance, so
that few requests say as much as many do, only later.
"""

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.bank.floors import ERROR_SHARE
from patternwatch.watch.bank.statistics import NEAR_FROM, NEAR_TO
from patternwatch.watch.history.week_of_maxima import BEYOND_PAST
from patternwatch.watch.losses.chance_of_losses import came_through, decades_of_failing, decades_of_missing
from patternwatch.watch.losses.loss_memory import (
    FAILING_ROWS,
    MISSING_ROWS,
    MISSING_SHARE,
    NEW_ROWS,
    LossMemory,
)
from patternwatch.watch.losses.losses import MOST_DOUBLINGS, Losses
from patternwatch.watch.losses.request_windows import LEAST_REQUESTS, common_part, expected_of
from patternwatch.watch.losses.starts import Starts
from patternwatch.watch.losses.tracks import Tracks
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.metric_evidence import LEAST_SCORE

FAILING_SHARE = 0.08
"""From this share of all requests on failures weigh; each doubling counts one more."""
MISSING_DEVIATIONS = 4.0
"""To weigh, so many deviations of a count must be missing."""
OVER = 0.1
"""A burst that is over stays in these rows for a while. It is over where so many requests came through since
its last failure that, were they failing still, this would be less likely."""
OVER_AT_ONCE = 1e-3
"""The same where some of the newest ones fail all the same, as they usually do."""
STAYING_SHARE = 0.04
"""From this share on failures weigh that stay: they need not be told from a burst by their size."""
LEAST_DECADES, BEFORE_DECADES = 3.0, 1.3
"""What stays counts from here on: once in a thousand rows is chance. It has lasted, for three ticks, where
the rows ahead of the newest ones, and of the two before these, are less likely than one in twenty by
themselves: a burst of two minutes is not told from what begins to fail."""
_NOBODY = np.empty(0, dtype=np.int64)
_ALL = np.empty(0, dtype=np.float32)


class LossWatch:
    """What is lost of each workload's requests, tick by tick.

    step_ms  between two rows
    memory   what it keeps

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
        self.memory = LossMemory(step_ms)
        self._starts = Starts()
        self._tracks = Tracks()

    def update(
        self,
        times_ms: Integers,
        values: Floats32,
        members: Members,
        begun: Integers = _NOBODY,
        usual_part: Floats32 = _ALL,
    ) -> Losses:
        """Take new rows of all slots, shape (N, C), and say what is lost in the newest ones.

        begun       the slots that are new in these rows
        usual_part  of the requests before, what came of each entity before a surge for which it was made
                    larger, shape (E,); all of them where it is empty
        """
        kept = self.memory
        share, stays = kept.take(times_ms, values, np.arange(len(values)), members)
        self._starts.fit(len(share))
        self._starts.note(begun, len(times_ms), members)
        asked = kept.asked[:, -NEW_ROWS:]
        bursts = kept.bursts.past
        # Whether requests come in batches, and part of them always fails, other hours say: however few.
        staying, missing = kept.staying.of_all, kept.missing.of_all
        failed, of = (np.nansum(rows[:, -FAILING_ROWS:], axis=1) for rows in (kept.failed, kept.asked))
        recent = kept.asked[:, -FAILING_ROWS:], kept.failed[:, -FAILING_ROWS:]
        usual = share <= np.maximum(ERROR_SHARE, bursts)
        # Of many requests a few always fail: a burst is over once no more do, beyond all chance.
        over = (came_through(*recent) < OVER) | usual & (came_through(*recent, NEW_ROWS) < OVER_AT_ONCE)
        most = np.maximum(ERROR_SHARE, BEYOND_PAST * staying)
        decades = decades_of_failing(failed, of, most)
        lasted = np.ones(len(most), dtype=np.bool_)
        for end in (-NEW_ROWS, -2 * NEW_ROWS):
            ahead, of_ahead = (
                np.nansum(rows[:, -FAILING_ROWS:end], axis=1) for rows in (kept.failed, kept.asked)
            )
            lasted &= decades_of_failing(ahead, of_ahead, most) >= BEFORE_DECADES
        decades = np.minimum(decades, kept.staying.rarity(stays, ERROR_SHARE) - LEAST_SCORE)
        # What all have fewer of is the hour's, and nobody's loss.
        part = 1 - MISSING_SHARE
        before = kept.usual * common_part(asked, kept.usual, part)
        if len(usual_part):
            before = before * usual_part
        came, expected = expected_of(kept.asked[:, -MISSING_ROWS:], part * before)
        away = decades_of_missing(came, expected)
        stays_away = away >= np.maximum(LEAST_DECADES, BEYOND_PAST * missing)
        now = np.fmax.reduce(asked, axis=1)
        past, held = kept.asked[:, : NEAR_TO - NEAR_FROM], kept.held
        whole, even = self._tracks.take(
            now, before, past, held, members.applications, len(times_ms), MISSING_SHARE
        )
        stays_away &= ~whole
        with np.errstate(divide="ignore", invalid="ignore"):
            doublings = np.log2(share / np.maximum(FAILING_SHARE, BEYOND_PAST * bursts))
            stayed = np.log2(stays / np.maximum(STAYING_SHARE, BEYOND_PAST * staying))
            left = now / before
            lost = (left < part) & ~whole
            weighs = lost & (before - now >= MISSING_DEVIATIONS * np.sqrt(before))
            # Few requests weigh in the rows over which they stay away, as those that fail do.
            halvings = np.where(
                weighs, -np.log2(left), np.where(stays_away, -np.log2(part * came / expected), 0)
            )
        certain = (stayed > 0) & (decades >= LEAST_DECADES) & ~over
        warms_up = self._starts.are_all_that_fails(kept.asked, kept.failed, lasted)
        certain &= ~warms_up
        doublings = np.where(warms_up, np.float32(0), doublings)
        enough = np.nansum(asked, axis=1) >= LEAST_REQUESTS
        return Losses(
            failing=_clipped(np.maximum(doublings, np.where(certain & lasted, stayed, 0))),
            usual=enough & usual,
            missing=_clipped(halvings),
            whole=(np.isfinite(left) & ~lost) | whole,
            failing_decades=np.where(certain, decades, np.float32(0)),
            lasted=certain & lasted,
            missing_decades=np.where(stays_away, away, np.float32(0)),
            even=(np.isfinite(left) & ~lost & (np.fmin.reduce(asked, axis=1) <= (1 + MISSING_SHARE) * before))
            | even,
            exchanged=whole & (self._tracks.left > 0),
        )

    def learn(
        self, times_ms: Integers, values: Floats32, slots: Integers, members: Members, each: int = 1
    ) -> None:
        """Take rows at the step, shape (N, T), of the N series in `slots`, and nothing more.

        each  how many of the rows stand for one that was read
        """
        self.memory.take(times_ms, values, slots, members, each)

    def hold(self, entities: Flags) -> None:
        """By entity: of whom nothing is learned as usual from now on, nor what led to it."""
        self.memory.hold(entities)

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        return self.memory.snapshot() | {"starts": self._starts.left, "tracks": self._tracks.left}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        self.memory.restore(arrays)
        if "starts" in arrays:  # a snapshot of an older version lacks it
            self._starts.left = arrays["starts"]
        if "tracks" in arrays:
            self._tracks.left = arrays["tracks"]


def _clipped(doublings: Floats32) -> Floats32:
    return np.clip(doublings, 0, MOST_DOUBLINGS).astype(np.float32)
