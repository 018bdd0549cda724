"""Findings of series that ended or began: what is said of them instead of a shape's figures."""

import numpy as np

from patternwatch.analysis.series.own_interval import own_intervals
from patternwatch.analysis.verdict import clock, duration
from patternwatch.contracts.findings import Evidence, Finding
from patternwatch.contracts.series import Window
from patternwatch.contracts.shard_results import Candidate


def as_event(finding: Finding, candidate: Candidate, happened: str, window: Window) -> Finding:
    """The finding of a series that ended or began: when, how regular it was, what befell its workload.

    finding    as made from whether the series is there, 1 or 0
    candidate  the series
    happened   what happened to its workload, in words

    >>> window = Window(start_ms=0, split_ms=30_000, end_ms=59_000, step_ms=1000)
    >>> values = np.where(np.arange(60) < 40, 2.0, np.nan).astype(np.float32)
    >>> candidate = Candidate(
    ...     labels={"__name__": "load"}, derivation="", category="cpu", screening_score=0.0, values=values,
    ...     event="ended",
    ... )
    >>> finding = Finding(
    ...     rank=1, series_id="s", name="load", labels={}, expression="load", entity="cart", category="cpu",
    ...     score=4.6, pattern="level_shift_down", pattern_type=1, pattern_probability=0.9, direction="down",
    ...     baseline=1.0, peak=0.0, evidence=[], points=values,
    ... )
    >>> as_event(finding, candidate, "cart ended", window).evidence[0].text
    'last sample at 00:00:39 UTC, 40 samples, one every 1 s without a gap; cart ended'
    """
    values = candidate.values.astype(np.float64)
    there = np.flatnonzero(~np.isnan(values))
    ended = candidate.event == "ended"
    row = int(there[-1]) + 1 if ended else int(there[0])
    last = window.start_ms + int(there[-1]) * window.step_ms
    first = window.start_ms + int(there[0]) * window.step_ms
    at = f"last sample at {clock(last)}" if ended else f"first sample at {clock(first)}"
    regular = _regular(values, window.step_ms)
    return finding.model_copy(
        update={
            "event": candidate.event,
            "onset_ms": window.start_ms + row * window.step_ms,
            "baseline": float(np.median(values[there])),
            "peak": float(values[there[-1]]),
            "lowest": None,
            "highest": None,
            "now": None,
            "recovered_ms": None,
            "course": at,
            "evidence": [
                Evidence(
                    detector="life",
                    value=float(len(values) - row if ended else row),
                    flagged=True,
                    text=f"{at}, {regular}; {happened}",
                )
            ],
        }
    )


def as_newborn(finding: Finding, candidate: Candidate, window: Window) -> Finding:
    """The finding, with what it is compared with where it began inside the window; else as it is.

    >>> window = Window(start_ms=0, split_ms=30_000, end_ms=59_000, step_ms=1000)
    >>> values = np.where(np.arange(60) >= 40, 2.0, np.nan).astype(np.float32)
    >>> candidate = Candidate(
    ...     labels={"__name__": "load"}, derivation="", category="cpu", screening_score=0.0, values=values,
    ...     born=40, predecessor="cart-0",
    ... )
    >>> finding = Finding(
    ...     rank=1, series_id="s", name="load", labels={}, expression="load", entity="cart", category="cpu",
    ...     score=4.6, pattern="level_shift_down", pattern_type=1, pattern_probability=0.9, direction="down",
    ...     baseline=1.0, peak=0.0, evidence=[], points=values,
    ... )
    >>> as_newborn(finding, candidate, window).evidence[0].text
    'began at 00:00:40 UTC; before that stand the values of cart-0, which it is judged against'
    """
    if candidate.born is None:
        return finding
    at = clock(window.start_ms + candidate.born * window.step_ms)
    before = (
        f"before that stand the values of {candidate.predecessor}" if candidate.predecessor else "it is new"
    )
    against = "which it is judged against" if candidate.predecessor else "and judged against none"
    told = Evidence(
        detector="life",
        value=float(candidate.born),
        flagged=True,
        text=f"began at {at}; {before}, {against}",
    )
    began = {"event": "began", "predecessor": candidate.predecessor} if candidate.predecessor else {}
    return finding.model_copy(update={**began, "evidence": [*finding.evidence, told]})


def _regular(values: np.ndarray[tuple[int], np.dtype[np.float64]], step_ms: int) -> str:
    """How regularly a series had samples while it lived."""
    there = np.flatnonzero(~np.isnan(values))
    lived = values[None, there[0] : there[-1] + 1]
    (interval,) = own_intervals(lived, lived.shape[1])
    if not np.isfinite(interval):
        return f"{len(there)} samples at no regular interval"
    gap = int(np.diff(there).max(initial=1))
    longest = f", the longest gap {duration(gap * step_ms)}" if gap > round(interval) else " without a gap"
    return f"{len(there)} samples, one every {duration(round(interval) * step_ms)}{longest}"
