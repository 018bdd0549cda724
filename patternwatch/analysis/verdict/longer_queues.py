"""A queue that is longer because more is done: nobody waits longer in it.

The mean wait is the length of a queue over the rate at which it is served (J. Little, "A Proof for the
Queuing Formula: L = λW", 1961). Where both rise alike, as the builds of a morning make them, the wait is what
it was.
"""

from collections.abc import Iterable

from patternwatch.analysis.metrics.category_rules import COUNTED
from patternwatch.contracts.findings import Finding

_NOISE = 1.5
"""Times farther a queue may seem to rise than what is done: it is short, and read once a row; judgement."""
_DONE = ("traffic", "other")
"""Categories of what is counted where it goes well."""
_ONE = 1.0
"""Who is served alone has waited too: an empty queue counts as this long."""


def waits_no_longer(queue: Finding, shown: Iterable[Finding]) -> bool:
    """Whether a queue's entity does about as many times more as its queue became longer.

    queue  a finding whose value is how many wait
    shown  the findings of the report

    >>> queue = Finding(
    ...     rank=1, series_id="s", name="queue", labels={"__name__": "queue"}, expression="queue",
    ...     entity="builds", category="saturation", score=4.5, pattern="level_shift_up", pattern_type=1,
    ...     pattern_probability=0.9, direction="up", baseline=2.0, peak=8.0, points=[2.0, 8.0], evidence=[],
    ... )
    >>> more = {"category": "traffic", "derivation": "rate", "baseline": 0.1, "peak": 0.4}
    >>> done = queue.model_copy(update=more)
    >>> waits_no_longer(queue, [queue, done]), waits_no_longer(queue, [queue])
    (True, False)
    """
    times = queue.peak / max(queue.baseline, _ONE)
    return any(
        done.entity == queue.entity
        and done.category in _DONE
        and done.derivation in COUNTED
        and done.peak > 0.0
        and done.peak * _NOISE >= times * done.baseline
        for done in shown
    )
