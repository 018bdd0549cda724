"""What a finding's evidence says, word for word."""

import numpy as np
import pytest

from patternwatch.analysis.findings.evidence import level_evidence, season_evidence, with_evidence
from patternwatch.contracts.findings import Evidence
from patternwatch.contracts.requests import Compare
from patternwatch.detectors import CHANGE, DETECTORS, RIVER, SELF_HISTORY
from tests.analysis.evaluations import evaluation
from tests.analysis.incidents import SETTINGS, SPLIT, made_up, report_of

RATIOS = "steps 3 x and level 4.5 x the largest of the baseline"


@pytest.mark.parametrize(
    ("median", "peak", "scale", "change", "value", "text"),
    [
        (10.0, 50.0, 2.0, 2.0, 20.0, "from 10/s to 50/s, 20 x its usual spread"),
        (0.1254, 999.0, 1.0, 1.0, 998.8746, "from 0.125/s to 999/s, 999 x its usual spread"),
        (1000.0, -12345.0, 3.0, 0.9, 4448.3333, "from 1k/s to -12.3k/s, 4,448 x its usual spread"),
        (2e9, 1e9, 500.0, 1.0, 1e6, "from 2G/s to 1G/s, 2,000,000 x its usual spread"),
        (1.0, 3.0, 0.0, 1.0, 1e6, "from 1/s to 3/s, inf x its usual spread"),
    ],
)
def test_the_level_is_told_in_the_series_unit_and_in_spreads(
    median: float, peak: float, scale: float, change: float, value: float, text: str
) -> None:
    found = evaluation(
        median=[median], peak=[peak], distance=[abs(peak - median)], scale=[scale], change=[change]
    )
    assert level_evidence(found, 0) == Evidence(
        detector="level", value=value, flagged=change >= 1.0, text=text
    )


@pytest.mark.parametrize(
    ("compare", "expected", "text"),
    [
        ("day", [], "yesterday at this time it did not move like this"),
        ("week", [], "a week ago at this time it did not move like this"),
        (
            "day",
            [0.0, -4.0, 3.0],
            f"yesterday at this time it moved by -4 as well; without that: {RATIOS}",
        ),
        (
            "week",
            [0.0, 2.0, 3.0],
            f"a week ago at this time it moved by 3 as well; without that: {RATIOS}",
        ),
    ],
)
def test_the_earlier_window_is_told_of(compare: Compare, expected: list[float], text: str) -> None:
    found = evaluation(("a", "b"), expected=[None, expected], residual=[9.0, 1.50004])
    assert season_evidence(found, 1, compare) == [
        Evidence(detector="season", value=1.5, threshold=CHANGE.threshold, flagged=True, text=text)
    ]
    assert season_evidence(found, 0, compare) == []
    assert season_evidence(found, 1, "none") == []


def test_what_the_residual_does_not_show_is_not_flagged_by_the_season() -> None:
    (own,) = season_evidence(evaluation(expected=[[1.0]], residual=[0.5]), 0, "day")
    assert (own.value, own.flagged) == (0.5, False)


def test_every_detector_that_can_judge_says_what_it_measured_the_slow_ones_on_the_strongest_only() -> None:
    bare = [
        f.model_copy(
            update={"evidence": [Evidence(detector="level", value=1.0, flagged=True, text="as it was")]}
        )
        for f in report_of(made_up()).findings[:3]
    ]
    points = np.array([f.points for f in bare], dtype=np.float64)
    for number, found in enumerate(with_evidence(bare, SPLIT - 2, 2)):
        asked = [d for d in DETECTORS if d is not SELF_HISTORY and (number < 2 or d not in RIVER)]
        wanted = []
        for detector in asked:
            detection = detector(points[number : number + 1], SPLIT - 2)
            wanted.append(
                Evidence(
                    detector=detector.name,
                    value=round(float(detection.score[0]), 4),
                    threshold=detector.threshold,
                    flagged=bool(detection.flagged[0]),
                    text=detector.describe(detection, 0),
                )
            )
        assert found.evidence == [*wanted, *bare[number].evidence]
        assert found.model_copy(update={"evidence": bare[number].evidence}) == bare[number]


def test_the_settings_say_how_many_findings_the_slow_detectors_are_asked_about() -> None:
    report = report_of(made_up(), settings=SETTINGS.model_copy(update={"drift_findings": 1}))
    river = {detector.name for detector in RIVER}
    asked = [bool(river & {e.detector for e in f.evidence}) for f in report.findings]
    assert asked == [True] + [False] * (len(asked) - 1)
