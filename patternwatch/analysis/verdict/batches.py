"""Work that came all at once and is being worked off: a queue as long as a nightly batch makes it.

A queue that grows row by row gets more than is taken from it, or nobody takes anything. One that stood at its
length at once and falls from then on has what it needs, workers that were started for it among them.
"""

import numpy as np

from patternwatch.contracts.findings import Finding

_AT_ONCE = 3
"""Rows within which it came: a producer may take a minute or two to put it in; judgement."""
_LITTLE = 0.1
"""Part of it that was there before; judgement."""
_HALF = 0.5
"""Part of it that may be left: until then nobody can know how it goes on."""
_GROWS = 0.1
"""Part of it by which it may grow from one row to the next since then: more comes meanwhile; judgement."""


def is_worked_off(finding: Finding) -> bool:
    """Whether a queue got all at once what is in it, and at least half of that is done.

    >>> queue = Finding(
    ...     rank=1, series_id="s", name="queue", labels={"__name__": "queue"}, expression="queue",
    ...     entity="jobs", category="saturation", score=4.5, pattern="single_spike", pattern_type=2,
    ...     pattern_probability=0.9, direction="up", baseline=0.0, peak=400.0, evidence=[],
    ...     points=[0.0, 0.0, 0.0, 400.0, 300.0, 200.0, 100.0],
    ... )
    >>> is_worked_off(queue), is_worked_off(queue.model_copy(update={"points": queue.points[::-1]}))
    (True, False)
    """
    points = finding.points[np.isfinite(finding.points)]
    if finding.peak <= finding.baseline or not len(points):
        return False
    length = (points - finding.baseline) / (finding.peak - finding.baseline)
    top = int(np.argmax(length))
    before, since = length[max(top - _AT_ONCE, 0)], length[top:]
    if top == 0 or before > _LITTLE or since[-1] > _HALF:
        return False
    return bool(np.diff(since).max(initial=0.0) <= _GROWS)
