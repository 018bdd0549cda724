"""Failures and time spent that come of more requests: as large a part of them fails, each takes as long."""

from collections.abc import Sequence

from patternwatch.analysis.metrics.category_rules import COUNTED
from patternwatch.analysis.verdict.same_share import fail_as_before, went_elsewhere
from patternwatch.contracts.findings import Finding

_NOISE = 1.5
"""How many times farther few failures may seem to rise than many requests do; judgement."""


def comes_of_work(finding: Finding, shown: Sequence[Finding]) -> bool:
    """Whether failures, or the time spent on answers, rose no farther than the requests that they are of.

    finding  what moved
    shown    the findings of the report

    So do requests that are fewer here and more there.

    >>> finding = Finding(
    ...     rank=1, series_id="s", name="rows", labels={"__name__": "calls_total", "code": "500"},
    ...     expression="calls", entity="db", category="error", score=5.0, pattern="level_shift_up",
    ...     pattern_type=1, evidence=[], pattern_probability=0.9, direction="up", baseline=1.0, peak=9.0,
    ...     points=[1.0, 9.0], derivation="rate",
    ... )
    >>> answered = {"__name__": "calls_total", "code": "200"}
    >>> calls = finding.model_copy(update={"category": "traffic", "labels": answered})
    >>> comes_of_work(finding, [finding, calls]), comes_of_work(finding, [finding])
    (True, False)
    """
    if finding.derivation not in COUNTED or finding.is_life:
        return False
    if finding.category == "traffic":
        return finding.peak < finding.baseline and went_elsewhere(finding, shown)
    if finding.category not in ("error", "latency"):
        return False
    if finding.category == "error" and any(
        of.entity == finding.entity and _counts_with(of, finding) and fail_as_before(finding, of)
        for of in shown
    ):
        return True
    if finding.baseline <= 0.0:
        return False
    times = finding.peak / finding.baseline
    is_of = _counts_the_calls_of if finding.category == "latency" else _counts_with
    return any(
        of.entity == finding.entity
        and of.baseline > 0.0
        and of.peak / of.baseline >= max(times / _NOISE, 1.0)
        and is_of(of, finding)
        for of in shown
    )


def _counts_with(of: Finding, failed: Finding) -> bool:
    """Whether one metric tells of both: the outcome is a label."""
    return of.category == "traffic" and of.labels.get("__name__") == failed.labels.get("__name__")


def _counts_the_calls_of(of: Finding, spent: Finding) -> bool:
    """Whether something else is counted under the same labels: how many answers the time was spent on."""
    same = {**of.labels, "__name__": ""} == {**spent.labels, "__name__": ""}
    return same and of.category != "latency" and of.derivation in COUNTED
