"""What the users of a workload lose, in words: of no single series is that said."""

import numpy as np

from patternwatch.watch.losses.loss_memory import FAILING_ROWS, MISSING_ROWS, NEW_ROWS, LossMemory
from patternwatch.watch.losses.losses import Losses
from patternwatch.watch.losses.request_windows import expected_of


def losses_in_words(memory: LossMemory, losses: Losses, entity: int) -> list[str]:
    """What this entity loses of its requests, all of its parts together.

    losses  as `LossWatch.update` said of the newest rows

    It is said of the newest rows or, where the part lost is no less, of those over which losses are counted.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.watch.losses.loss_watch import LossWatch
    >>> from patternwatch.watch.members.members import Members
    >>> members, watch = Members(AnalysisSettings(), 30_000), LossWatch(30_000)
    >>> names = "http_requests_total", "http_requests_failed_total"
    >>> slots, _ = members.place([{"__name__": name, "service": "cart"} for name in names], ["rate"] * 2)
    >>> rows = np.zeros((len(members), 60), dtype=np.float32)
    >>> rows[slots[0]], rows[slots[1], -2:] = 10.0, 3.2
    >>> losses_in_words(watch.memory, watch.update(30_000 * np.arange(60), rows, members), 0)
    ['192 of 600 requests failed in 60 s']
    """
    if entity >= len(memory.asked):
        return []
    losses, told = losses.fitted(len(memory.asked)), list[str]()
    if losses.failing[entity] > 0 or losses.failing_decades[entity] > 0:
        found = [
            (*(float(np.nansum(each[entity, -rows:])) for each in (memory.failed, memory.asked)), rows)
            for rows in (FAILING_ROWS, NEW_ROWS)
        ]
        failed, of, rows = max(found, key=lambda each: each[0] / max(each[1], 1))
        told.append(f"{failed:,.0f} of {of:,.0f} requests failed in {rows * memory.step_s:g} s")
    if losses.missing[entity] > 0 or losses.missing_decades[entity] > 0:
        own, usual_row = memory.asked[[entity]], memory.usual[[entity]]
        found = [
            (*(float(each[0]) for each in expected_of(own[:, -rows:], usual_row)), rows)
            for rows in (MISSING_ROWS, NEW_ROWS)
        ]
        came, usual, rows = min(found, key=lambda each: each[0] / max(each[1], 1))
        told.append(f"{came:,.0f} requests came in {rows * memory.step_s:g} s, usually {usual:,.0f}")
    return told
