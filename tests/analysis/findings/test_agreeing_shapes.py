"""Text, numbers and shape of a finding agree, and `recovered` is read from its last rows."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from patternwatch.analysis.findings.agreeing_shapes import agreeing_shape
from patternwatch.analysis.metrics.values_in_words import value_in_words
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.findings import Direction, Finding
from patternwatch.contracts.patterns import PATTERNS, Pattern, PatternType
from tests.analysis.incidents import RECORDED, made_up, recorded, report_of


def probabilities(**known: float) -> Floats32:
    return np.array([known.get(p.value, 0.001) for p in PATTERNS], dtype=np.float32)


@pytest.mark.parametrize(
    ("known", "direction", "recovered", "shape"),
    [
        ({"single_spike": 0.9, "sudden_increase": 0.05}, "up", True, "single_spike"),
        ({"single_spike": 0.9, "sudden_increase": 0.05}, "up", False, "sudden_increase"),
        ({"single_spike": 0.9, "single_dip": 0.05}, "down", True, "single_dip"),
        ({"level_shift_up": 0.9, "transient_level_shift_up": 0.05}, "up", True, "transient_level_shift_up"),
        ({"level_shift_up": 0.9, "level_shift_down": 0.05}, "down", False, "level_shift_down"),
        ({"level_shift_up": 0.9, "level_shift_down": 0.05}, "both", False, "level_shift_up"),
        ({"multiple_spikes": 0.9, "fluctuations": 0.05}, "up", False, "multiple_spikes"),
        ({"fluctuations": 0.9, "multiple_dips": 0.05}, "down", True, "multiple_dips"),
        ({"normal": 0.9}, "up", True, "normal"),
        ({"other": 0.9}, "down", False, "other"),
    ],
)
def test_what_contradicts_the_values_is_left_out(
    known: dict[str, float], direction: Direction, recovered: bool, shape: str
) -> None:
    assert agreeing_shape(probabilities(**known), direction, recovered=recovered)[0] == shape


def test_the_probability_is_that_among_the_shapes_that_agree() -> None:
    seen = np.zeros(len(PATTERNS), dtype=np.float32)
    seen[PATTERNS.index(Pattern.SINGLE_SPIKE)] = 0.75
    seen[PATTERNS.index(Pattern.LEVEL_SHIFT_UP)] = 0.15
    seen[PATTERNS.index(Pattern.OTHER)] = 0.1
    shape, probability = agreeing_shape(seen, "up", recovered=False)
    assert shape == Pattern.LEVEL_SHIFT_UP
    assert probability == pytest.approx(0.6)
    assert agreeing_shape(np.zeros(15, np.float32), "up", recovered=False) == (Pattern.OTHER, 0.0)


def spiky(values: npt.NDArray[np.float64], split: int) -> Floats32:
    """A shape model that calls everything a spike."""
    return np.array([probabilities(single_spike=0.9)] * len(values))


def contradictions(found: Finding) -> list[str]:
    said = []
    fell = found.direction == "down"
    if fell and (found.peak > found.baseline or "(x " in found.course):
        said.append("a fall that rises")
    if found.direction == "up" and found.peak < found.baseline:
        said.append("a rise that falls")
    if (found.pattern_type is PatternType.RECOVERED) != (
        found.recovered_ms is not None and found.pattern.type is not PatternType.NONE
    ):
        said.append("its type is not that of its last rows")
    if found.now is not None and value_in_words(found.now, found.unit) not in found.course:
        said.append("its text does not say where it is now")
    if found.onset_ms is not None and found.recovered_ms is not None and found.recovered_ms <= found.onset_ms:
        said.append("it is back before it left")
    return said


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_no_line_of_a_recording_contradicts_itself(path: Path) -> None:
    _, window, series = recorded(path)
    findings = report_of(series, split=window.split_row, classify=spiky).findings
    assert {f.series_id: told for f in findings if (told := contradictions(f))} == {}
    assert findings


def test_what_lasts_is_not_called_recovered_whatever_the_shape_model_says() -> None:
    report = report_of(made_up(), classify=spiky)
    assert {f.pattern_type for f in report.findings} <= {PatternType.STILL_ABNORMAL, PatternType.NONE}
    assert report.findings


def test_the_score_that_is_shown_is_what_orders() -> None:
    for path in RECORDED:
        _, window, series = recorded(path)
        scores = [f.score for f in report_of(series, split=window.split_row).findings]
        assert scores == sorted(scores, reverse=True)
