"""From an evaluation to findings: their order, and all that one says."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from patternwatch.analysis.findings.evidence import level_evidence, season_evidence
from patternwatch.analysis.findings.finding_shapes import classifier_split
from patternwatch.analysis.findings.findings import ranked_findings
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.classifier.shape_classifier import Prediction
from patternwatch.contracts.findings import Taught
from patternwatch.contracts.patterns import PATTERNS, Pattern, PatternType
from patternwatch.contracts.subject import Subject
from tests.analysis.evaluations import evaluation
from tests.analysis.incidents import ROWS, SPLIT, START_MS, STEP_MS, made_up, request_of

REQUEST = request_of(made_up(services=1)).model_copy(update={"compare": "day"})
TAUGHT = Taught(name="sawtooth", probability=0.9, example_id="e1")


class Names:
    """Names series `i` (its values are all `i`) by the i-th shape, `normal` with the i-th probability."""

    version = "model-7"

    def __init__(self, normal: Sequence[float]) -> None:
        self.normal = normal
        self.asked: list[int] = []

    def name(self, values: npt.NDArray[np.float64], split: int) -> Prediction:
        self.asked.append(split)
        shapes = np.full((len(values), len(PATTERNS)), 0.001, np.float32)
        for own, i in zip(shapes, values[:, 0].astype(int), strict=True):
            own[i] = 0.612345
            own[PATTERNS.index(Pattern.NORMAL)] = self.normal[i]
        return Prediction(shapes, [TAUGHT if i == 2 else None for i in values[:, 0]])


def ids_of(found: OnsetEvaluation, normal: Sequence[float] = (0.0, 0.0, 0.0)) -> list[str]:
    findings = ranked_findings(REQUEST, found, Names(normal), 9).shown
    assert [f.rank for f in findings] == list(range(1, len(findings) + 1))
    return [f.series_id for f in findings]


def test_findings_go_by_their_score_times_that_of_their_entity() -> None:
    found = evaluation(("cart", "cart", "redis"), [(3.0, (0, 1)), (2.0, (2,))], size=[2.0, 1.0, 2.0])
    assert ids_of(found) == ["id0", "id2", "id1"]
    assert ids_of(found, normal=(0.79, 0.0, 0.0)) == ["id0", "id2", "id1"]
    assert ids_of(found, normal=(0.8, 0.0, 0.0)) == ["id2", "id1", "id0"]
    assert ids_of(found, normal=(0.8, 0.9, 0.0)) == ["id2", "id0", "id1"]
    weak = evaluation(("cart", "cart", "redis"), [(3.0, (0, 1)), (2.0, (2,))], size=[2.0, 0.4, 2.0])
    assert ids_of(weak, normal=(0.8, 0.0, 0.0)) == ["id2", "id0", "id1"]  # 4, 6 / 4 and 1.2


def test_what_is_not_shown_is_counted() -> None:
    found = evaluation(("cart", "cart", "redis"), [(3.0, (0, 1)), (2.0, (2,))], size=[2.0, 1.0, 2.0])
    whole, first = (ranked_findings(REQUEST, found, Names((0.0, 0.0, 0.0)), shown) for shown in (9, 1))
    assert [f.series_id for f in first.shown] == ["id0"]
    assert (first.total, first.patterns, first.taught) == (3, whole.patterns, {"sawtooth": 1})
    assert whole.patterns == Counter(f.pattern for f in whole.shown)


def test_findings_that_say_the_same_go_by_id_and_series_of_no_entity_are_none() -> None:
    found = evaluation(("cart", "redis", "web"), [(2.0, (1,)), (2.0, (0,))])
    assert ids_of(found) == ["id0", "id1"]
    assert ids_of(evaluation(ranked=())) == []


def test_all_that_a_finding_says() -> None:
    found = evaluation(
        ("cart", "cart", "redis"),
        [(9.0, (2, 1)), (2.0, (0,))],
        expected=[None, None, [1.0]],
        median=[1.0, 1.0, 10.5],
        peak=[9.0, 9.0, 50.5],
        size=[1.0, 1.0, 4.0],
        early=[1.0, 1.0, 0.9],
        moved_at=[SPLIT, SPLIT, SPLIT + 3],
    )
    classifier = Names((0.0, 0.0, 0.0))
    first = ranked_findings(REQUEST, found, classifier, 1).shown[0]
    told = {name: value for name, value in first if name != "points"}
    assert told == {
        "rank": 1,
        "series_id": "id2",
        "name": "rate(m2_usage)",
        "labels": {"__name__": "m2_usage", "service": "redis"},
        "shown_labels": None,
        "derivation": "rate",
        "expression": 'rate(m2_usage{service="redis"}[40s])',
        "entity": "redis",
        "subject": Subject(kind="service", label="service", name="redis"),
        "category": "cpu",
        "score": 3.6,
        "why": "3.60 = size 4.00 x 0.90 (half of its way 30 s after the onset)",
        "same_as": None,
        "event": "",
        "predecessor": "",
        "pattern": PATTERNS[2],
        "pattern_type": PatternType.STILL_ABNORMAL,
        "pattern_probability": 0.9919,
        "taught": TAUGHT,
        "direction": "up",
        "onset_ms": START_MS + (SPLIT + 3) * STEP_MS,
        "baseline": 10.5,
        "peak": 50.5,
        "limit": None,
        "unit": "/s",
        "lowest": 50.5,
        "highest": 50.5,
        "now": 50.5,
        "recovered_ms": None,
        "course": "from 10.5/s to 50.5/s (x 4.8), 50.5/s now",
        "evidence": [level_evidence(found, 2), *season_evidence(found, 2, "day")],
        "model": "model-7",
    }
    assert len(first.evidence) == 2
    np.testing.assert_array_equal(first.points[1:], np.where(np.arange(1, ROWS) < SPLIT + 3, 10.5, 50.5))
    assert classifier.asked == [SPLIT]


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ({}, "3.00 = size 3.00"),
        ({"early": [0.995]}, "2.98 = size 3.00"),
        (
            {"early": [0.99], "moved_at": [SPLIT + 1]},
            "2.97 = size 3.00 x 0.99 (half of its way 10 s after the onset)",
        ),
        (
            {"early": [0.99], "moved_at": [SPLIT + 5], "begun": [SPLIT + 1]},
            "2.97 = size 3.00 x 0.99 (begins 10 s after the onset)",
        ),
        ({"weight": [0.5]}, "1.50 = size 3.00 x 0.50 (latency rising)"),
        ({"weight": [0.5], "peak": [10.0]}, "1.50 = size 3.00 x 0.50 (latency rising)"),
        ({"weight": [0.5], "peak": [2.0]}, "1.50 = size 3.00 x 0.50 (latency falling)"),
        ({"traffic": [0.1]}, "0.30 = size 3.00 x 0.10 (a share of little traffic)"),
        (
            {"weight": [0.5], "traffic": [0.5]},
            "0.75 = size 3.00 x 0.50 (latency rising) x 0.50 (a share of little traffic)",
        ),
    ],
)
def test_a_score_is_told_as_a_product(figures: dict[str, Any], why: str) -> None:
    (found,) = ranked_findings(REQUEST, evaluation(category="latency", **figures), Names((0.0,)), 1).shown
    assert found.why == why


@pytest.mark.parametrize(
    ("peak", "opposite", "direction"),
    [(50.0, 0.0, "up"), (10.0, 0.0, "up"), (9.0, 0.49, "down"), (9.0, 0.5, "both"), (50.0, 0.5, "both")],
)
def test_directions(peak: float, opposite: float, direction: str) -> None:
    (found,) = ranked_findings(REQUEST, evaluation(peak=[peak], opposite=[opposite]), Names((0.0,)), 1).shown
    assert found.direction == direction


def test_the_shape_model_is_asked_at_the_onset_but_not_too_far_back() -> None:
    assert [classifier_split(onset, ROWS) for onset in (60, 189, 190, 191, 299)] == [190, 190, 190, 191, 299]
    classifier = Names((0.0,))
    ranked_findings(REQUEST, replace(evaluation(), onset=100), classifier, 1)
    assert classifier.asked == [190]
