import numpy as np
import pytest

from patternwatch.classifier.metrics import NONE, score
from patternwatch.contracts.patterns import PATTERNS, Pattern

SHIFT, NORMAL, SPIKE = (
    PATTERNS.index(p) for p in (Pattern.LEVEL_SHIFT_UP, Pattern.NORMAL, Pattern.SINGLE_SPIKE)
)


def sure_of(*named: int, confidence: float = 0.9) -> np.ndarray:
    rest = (1 - confidence) / (len(PATTERNS) - 1)
    out = np.full((len(named), len(PATTERNS)), rest)
    out[np.arange(len(named)), named] = confidence
    return out


def test_a_second_label_counts_for_the_alternative_figures_only() -> None:
    found = score(
        sure_of(SHIFT, NORMAL, SPIKE), np.array([SHIFT, SHIFT, SHIFT]), np.array([NONE, NORMAL, NONE])
    )
    assert found.strict_acc == pytest.approx(1 / 3)
    assert found.alt_acc == pytest.approx(2 / 3)
    # normal: 1 of 1; shift: precision 1, recall 1 of 2
    assert found.alt_f1 == pytest.approx((1 + 2 / 3) / 2)
    assert found.clear_f1 == pytest.approx(2 / 3)
    assert found.confusion["level_shift_up"] == {"level_shift_up": 1, "normal": 1, "single_spike": 1}
    assert found.per_class["level_shift_up"].windows == 3
    assert found.per_class["level_shift_up"].strict_recall == pytest.approx(1 / 3)


def test_notable_windows_called_normal_are_counted_where_normal_is_not_acceptable() -> None:
    found = score(
        sure_of(NORMAL, NORMAL, SHIFT, NORMAL),
        np.array([SHIFT, SHIFT, SHIFT, NORMAL]),
        np.array([NONE, NORMAL, NONE, NONE]),
    )
    assert found.notable_called_normal == pytest.approx(1 / 2)


def test_a_name_of_the_same_type_is_in_the_right_group() -> None:
    dip = PATTERNS.index(Pattern.MULTIPLE_DIPS)
    found = score(sure_of(SHIFT, SPIKE, NORMAL), np.array([SPIKE, dip, NORMAL]), np.full(3, NONE))
    assert found.group_acc == pytest.approx(2 / 3)


def test_calibration_error_is_the_gap_between_confidence_and_hits() -> None:
    found = score(sure_of(SHIFT, SHIFT, confidence=0.9), np.array([SHIFT, SPIKE]), np.array([NONE, SHIFT]))
    assert found.ece == pytest.approx(0.4)
    assert found.ece_accepted == pytest.approx(0.1)


def test_no_windows_give_zeros() -> None:
    empty = np.empty(0, dtype=int)
    assert score(np.empty((0, len(PATTERNS))), empty, empty).alt_f1 == 0
