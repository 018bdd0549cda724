"""The finding of a series that ended or began says when, how regular it was, and what befell its workload."""

import numpy as np
import pytest

from patternwatch.analysis.lifecycle.findings import as_event, as_newborn
from patternwatch.contracts.findings import Evidence, Finding
from patternwatch.contracts.lives import EventName
from patternwatch.contracts.series import Window
from patternwatch.contracts.shard_results import Candidate
from patternwatch.detectors.base import Vector

WINDOW = Window(start_ms=0, split_ms=30_000, end_ms=59_000, step_ms=1000)
TIME = np.arange(60)
FINDING = Finding(
    rank=1,
    series_id="s",
    name="load",
    labels={},
    expression="load",
    entity="cart",
    category="cpu",
    score=4.6,
    pattern="level_shift_down",
    pattern_type=1,
    pattern_probability=0.9,
    direction="down",
    baseline=1.0,
    peak=0.0,
    lowest=0.0,
    highest=1.0,
    now=0.0,
    recovered_ms=1,
    onset_ms=2,
    evidence=[Evidence(detector="level", value=1.0, flagged=True, text="as a shape")],
    points=[1.0, 0.0],
)


def candidate(values: Vector, event: EventName = "") -> Candidate:
    return Candidate(
        labels={"__name__": "load"},
        derivation="",
        category="cpu",
        screening_score=0.0,
        values=values.astype(np.float32),
        event=event,
        born=40 if not event else None,
        predecessor="cart-0" if not event else "",
    )


@pytest.mark.parametrize(
    ("event", "there", "onset_ms", "peak", "rows", "words"),
    [
        ("ended", TIME < 40, 40_000, 39.0, 20, "last sample at 00:00:39 UTC, 40 samples, one every 1 s"),
        ("began", TIME >= 45, 45_000, 59.0, 45, "first sample at 00:00:45 UTC, 15 samples, one every 1 s"),
    ],
)
def test_every_figure_of_a_life_takes_the_place_of_a_shapes(
    event: EventName, there: Vector, onset_ms: int, peak: float, rows: int, words: str
) -> None:
    found = as_event(FINDING, candidate(np.where(there, TIME, np.nan), event), "cart ended", WINDOW)
    told = Evidence(
        detector="life", value=float(rows), flagged=True, text=f"{words} without a gap; cart ended"
    )
    assert found == FINDING.model_copy(
        update={
            "event": event,
            "onset_ms": onset_ms,
            "baseline": float(np.median(TIME[there])),
            "peak": peak,
            "lowest": None,
            "highest": None,
            "now": None,
            "recovered_ms": None,
            "course": words.split(",", maxsplit=1)[0],
            "evidence": [told],
        }
    )


@pytest.mark.parametrize(
    ("there", "regular"),
    [
        ((TIME < 41) & (TIME % 4 == 0), "11 samples, one every 4 s without a gap"),
        (
            (TIME < 41) & (TIME % 4 == 0) & (TIME != 8) & (TIME != 12),
            "9 samples, one every 4 s, the longest gap 12 s",
        ),
        ((TIME < 41) & (TIME != 20), "40 samples, one every 1 s, the longest gap 2 s"),
        (TIME == 3, "1 samples at no regular interval"),
    ],
)
def test_how_regular_its_samples_were(there: Vector, regular: str) -> None:
    found = as_event(FINDING, candidate(np.where(there, 2.0, np.nan), "ended"), "cart ended", WINDOW)
    assert found.evidence[0].text.split(" UTC, ")[1] == f"{regular}; cart ended"


def test_a_newborn_says_what_it_is_judged_against() -> None:
    own = candidate(np.where(TIME >= 40, 2.0, np.nan))
    found = as_newborn(FINDING, own, WINDOW)
    text = "began at 00:00:40 UTC; before that stand the values of cart-0, which it is judged against"
    assert found == FINDING.model_copy(
        update={
            "event": "began",
            "predecessor": "cart-0",
            "evidence": [
                *FINDING.evidence,
                Evidence(detector="life", value=40.0, flagged=True, text=text),
            ],
        }
    )
    assert as_newborn(FINDING, own.model_copy(update={"born": None}), WINDOW) is FINDING
