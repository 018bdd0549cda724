"""Requests that are more, fewer or elsewhere, and fail no more often than they did.

A load test, a flag, the switch from blue to green or a morning makes more requests, of which some fail.
Counted one by one failures rise from none in most rows to some in many: what tells is their share of the
requests, by all rows in which there are many and all in which there are few.
"""

from collections.abc import Iterable

import numpy as np

from patternwatch.analysis.metrics.category_rules import OUTCOME_LABELS
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.series import Labels

_NOISE = 1.5
"""How many times farther few failures may seem to rise than many requests do; judgement."""
_SIGMAS = 2.0
"""Standard deviations by which few failures before may have been fewer than usual: of n such rows sqrt(n)."""
_MORE = 2.0
"""Times as many requests from which on there are more of them in some rows than noise makes; judgement."""
_FEW = 0.01
"""Share of requests that may fail where there were none before: nobody knows a usual one; judgement."""
_NONE = 0.02
"""Part of the requests up to which there were none before: health checks go on; judgement."""
_MOST = 0.75
"""Part of the requests that are fewer here which are more there, where they went there; judgement."""


def fail_as_before(failed: Finding, of: Finding) -> bool:
    """Whether failures are no larger a share of the requests that they are of than before these were more.

    failed  counts the failures
    of      counts the requests that went well, under the same labels but for those of the outcome

    >>> more = dict(
    ...     rank=1, series_id="s", name="requests", expression="requests", entity="cart", score=4.0,
    ...     pattern="level_shift_up", pattern_type=1, evidence=[], pattern_probability=0.9, direction="up",
    ...     baseline=10.0,
    ... )
    >>> fine = Finding(
    ...     **more, category="traffic", labels={"__name__": "requests", "code": "200"}, peak=80.0,
    ...     points=[10.0] * 20 + [80.0] * 20,
    ... )
    >>> def fails(often: float) -> Finding:
    ...     points = [0.0, 0.0, 0.0, 0.4] * 5 + [0.8 * often] * 20
    ...     own = {"__name__": "requests", "code": "500"}
    ...     return Finding(**more | {"baseline": 0.0}, category="error", labels=own, peak=9.0, points=points)
    >>> fail_as_before(fails(1.0), fine), fail_as_before(fails(4.0), fine)
    (True, False)
    """
    if _without_outcome(failed.labels) != _without_outcome(of.labels) or len(failed.points) != len(of.points):
        return False
    known = np.isfinite(failed.points) & np.isfinite(of.points)
    fine, bad = of.points[known].astype(np.float64), failed.points[known].astype(np.float64)
    many = fine >= (of.baseline + of.peak) / 2.0
    if of.peak < _MORE * of.baseline or not many.any() or many.all():
        return False
    share = float(bad[many].sum() / max(bad[many].sum() + fine[many].sum(), 1e-12))
    if of.baseline <= _NONE * of.peak:
        return share <= _FEW
    before = float(bad[~many].sum())
    rows = max(int(np.count_nonzero(bad[~many])), 1)
    sure = 1.0 + _SIGMAS / float(np.sqrt(rows))
    return share * (before + float(fine[~many].sum())) <= _NOISE * before * sure


def went_elsewhere(fewer: Finding, shown: Iterable[Finding]) -> bool:
    """Whether requests that are fewer are more in other series of the same metric and entity.

    fewer  traffic that fell
    shown  all findings

    A flag sends them to another handler, by which they are told apart: all in all they are as many.

    >>> def requests(route: str, before: float, after: float) -> Finding:
    ...     return Finding(
    ...         rank=1, series_id=route, name="requests", expression="requests", entity="cart", score=2.0,
    ...         pattern="level_shift_up", pattern_type=1, evidence=[], pattern_probability=0.9,
    ...         labels={"__name__": "requests", "route": route}, category="traffic", direction="both",
    ...         baseline=before, peak=after, points=[before, after],
    ...     )
    >>> old, new = requests("/v1", 40.0, 10.0), requests("/v2", 1.0, 31.0)
    >>> went_elsewhere(old, [old, new]), went_elsewhere(old, [old])
    (True, False)
    """
    kin = [
        one
        for one in shown
        if one.entity == fewer.entity
        and one.category == fewer.category
        and one.derivation == fewer.derivation
        and one.labels.get("__name__") == fewer.labels.get("__name__")
    ]
    moves = [one.peak - one.baseline for one in kin if not one.is_life]
    fell, rose = -sum(min(move, 0.0) for move in moves), sum(max(move, 0.0) for move in moves)
    return rose >= _MOST * fell


def _without_outcome(labels: Labels) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name not in OUTCOME_LABELS}
