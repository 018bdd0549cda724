import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from patternwatch.detectors import CHANGE
from patternwatch.detectors.calibration import ABOVE, SCORES, discoveries, p_values


def test_p_values_fall_with_the_score_and_meet_what_was_measured() -> None:
    np.testing.assert_allclose(p_values(np.array(SCORES)), ABOVE)
    grid = p_values(np.linspace(0, 20, 200))
    assert (np.diff(grid) <= 0).all()
    assert grid[-1] == pytest.approx(ABOVE[-1])
    assert p_values(np.array([CHANGE.threshold]))[0] < 0.025
    # between two measured scores the logarithm is interpolated
    assert p_values(np.array([0.75, 9.0])) == pytest.approx([math.sqrt(0.104 * 0.0196), 0.00024])


def test_discoveries_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    for strong in (0, 3, 40):
        p = np.concatenate([rng.uniform(size=200), rng.uniform(0, 1e-4, size=strong)])
        assert discoveries(p, len(p)) == (false_discovery_control(p) <= 0.1).sum()


def test_series_that_were_not_worth_a_look_count_as_tested() -> None:
    p = np.full(10, 0.002)
    assert discoveries(p, 100) == 10
    assert discoveries(p, 10_000) == 0
    assert discoveries(p[:0], 100) == 0


@pytest.mark.parametrize(
    ("p", "of", "found"),
    [
        ([0.01], 10, 1),
        ([0.0101], 10, 0),
        ([0.1, 0.06], 2, 2),  # the second may be 0.1, whatever the first is
        ([0.3, 0.02, 0.04], 5, 2),
        ([0.09], 0, 1),
        ([], 0, 0),
    ],
)
def test_a_tenth_of_the_discoveries_may_be_chance(p: list[float], of: int, found: int) -> None:
    assert discoveries(np.array(p), of) == found


@pytest.mark.parametrize("seed", range(3))
def test_white_noise_makes_no_discovery(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(2000, 300))
    assert discoveries(p_values(CHANGE(values, 240).score), 2000) == 0
