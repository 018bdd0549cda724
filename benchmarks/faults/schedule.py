"""When which fault comes, to whom and for how long: the same from the same seed."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

REBALANCE_EVERY_S = 30.0
SHORT_RUN_S = 150.0
"""In a run that is shorter, faults last a part of their time, so that several kinds come to pass."""
SHORT_SHARE = 0.4
_FIRST_S = 2.0
SHORT_GAP_S, LONG_GAP_S = 3.0, 12.0
"""From the end of a fault to the next, on average, in a run shorter and longer than `_LONG_RUN_S`: every kind
has to come in the short one; in the long one a worker has time to start."""
_LONG_RUN_S = 600.0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault.

    seconds  the shortest and the longest that it lasts
    targets  whom it may hit; one of them is drawn
    moments  what its target has just logged when it comes, in turns; at any time where there are none
    """

    name: str
    seconds: tuple[float, float]
    targets: tuple[str, ...] = ("",)
    moments: tuple[str, ...] = ("",)


WORKERS = ("worker0", "worker1")
KINDS: tuple[Kind, ...] = (
    Kind("kill_worker", (0, 0), WORKERS, ("shard.scanned", "report.published", "request.planned")),
    Kind("kill_api", (0, 0), ("api",)),
    Kind("kill_broker", (1, 3), ("broker",)),
    Kind("stop_worker", (20, 20), WORKERS, ("request.planned", "report.published", "shard.scanned")),
    Kind("stop_broker", (20, 20), ("broker",)),
    Kind("suspend", (12, 12), ("everything",)),
    Kind("kill_in_rebalance", (1, 1), WORKERS),
    Kind("kill_after_report", (0, 0), ("workers",)),
    Kind("cut_connections", (3, 8), ("proxy",)),
    Kind("lose_commit_answers", (3, 5), ("proxy",)),
    Kind("lose_produce_answers", (3, 5), ("proxy",)),
    Kind("source_503", (12, 16), ("source",)),  # longer than an analysis waits for its source
    Kind("source_429", (4, 10), ("source",)),  # which one may wait out
    Kind("source_slow", (5, 10), ("source",)),
    Kind("full_disk", (5, 10), ("api",)),
    Kind("poison", (0, 0), ("topics",)),
)
REBALANCE = Kind("rebalance", (6, 6), ("worker2",))
"""A third worker joins and leaves: it comes at its own pace, beside the others."""
BY_NAME = {kind.name: kind for kind in (*KINDS, REBALANCE)}


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault to come, in seconds from the beginning."""

    at_s: float
    kind: str
    target: str
    seconds: float
    moment: str = ""


def usual_gap_s(length_s: float) -> float:
    """The pause between two faults in a run of so many seconds, where none is asked for.

    >>> usual_gap_s(180.0), usual_gap_s(1800.0)
    (3.0, 12.0)
    """
    return SHORT_GAP_S if length_s < _LONG_RUN_S else LONG_GAP_S


def schedule(
    seed: int, length_s: float, kinds: Sequence[str] = (), gap_s: float | None = None
) -> list[Planned]:
    """The faults of a run, by time.

    Each kind comes once, in an order of the seed's, before any comes again; none of them lasts beyond the
    end. Rebalances come at their own pace meanwhile.

    kinds  those to draw from; all of them where none is given
    gap_s  from the end of a fault to the next, on average; by default `usual_gap_s`
    Raises KeyError for a kind that there is not.
    """
    gap_s = usual_gap_s(length_s) if gap_s is None else gap_s
    rng = random.Random(seed)
    drawn_from = [BY_NAME[name] for name in (kinds or BY_NAME)]
    share = SHORT_SHARE if length_s < SHORT_RUN_S else 1.0
    planned: list[Planned] = []
    if REBALANCE in drawn_from:
        drawn_from.remove(REBALANCE)
        planned += _rebalances(length_s, share)
        if not drawn_from:
            return planned
    at_s = _FIRST_S
    for number in itertools.count():
        turn = rng.sample(drawn_from, len(drawn_from))
        for kind in turn:
            seconds = round(rng.uniform(*kind.seconds) * share, 2)
            target = rng.choice(kind.targets)
            if at_s + seconds > length_s:
                return sorted(planned, key=lambda p: p.at_s)
            moment = kind.moments[number % len(kind.moments)]
            planned.append(Planned(round(at_s, 2), kind.name, target, seconds, moment))
            at_s += seconds + rng.uniform(gap_s / 2, gap_s * 3 / 2)
    raise AssertionError("turns have no end")


def _rebalances(length_s: float, share: float) -> list[Planned]:
    seconds, found = REBALANCE.seconds[1] * share, []
    at_s = REBALANCE_EVERY_S / 3
    while at_s + seconds <= length_s:
        found.append(Planned(round(at_s, 2), REBALANCE.name, REBALANCE.targets[0], seconds))
        at_s += REBALANCE_EVERY_S
    return found
