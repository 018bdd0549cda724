import warnings
from collections.abc import Sequence

import numpy as np
import pytest

from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.entities.remaining_traffic import remaining_traffic_ratio

SPLIT = 8
A, B = Entity("a", "service"), Entity("b", "service")


def residual_of(series: Sequence[tuple[str, Entity, list[float]]]) -> list[float]:
    categories, entities = [s[0] for s in series], [s[1] for s in series]
    values = np.array([s[2] for s in series])
    median = np.nanmedian(values[:, :SPLIT], axis=1)
    return [float(r) for r in remaining_traffic_ratio(values, SPLIT, median, categories, entities)]


def then(before: float, after: float) -> list[float]:
    return [before] * SPLIT + [after] * 4


def test_a_share_counts_as_much_as_its_traffic_is_left() -> None:
    series = [
        ("availability", A, then(100, 0)),
        ("traffic", A, then(20, 2)),
        ("latency", A, then(1, 9)),
        ("availability", B, then(100, 50)),
    ]
    assert residual_of(series) == [pytest.approx(0.1), 1.0, 1.0, 1.0]


def test_of_several_series_of_traffic_the_one_that_kept_most_counts() -> None:
    share, less, more = then(100, 0), then(20, 2), then(10, 5)
    for traffic in ((less, more), (more, less)):
        series = [("availability", A, share), *(("traffic", A, own) for own in traffic)]
        assert residual_of(series)[0] == pytest.approx(0.5)


def test_more_traffic_than_usual_is_no_bonus() -> None:
    assert residual_of([("availability", A, then(100, 0)), ("traffic", A, then(20, 60))])[0] == 1.0


def test_traffic_that_ended_leaves_nothing() -> None:
    with warnings.catch_warnings(action="error"):
        assert residual_of([("availability", A, then(100, 0)), ("traffic", A, then(20, np.nan))])[0] == 0.0


def test_traffic_that_was_none_before_says_nothing() -> None:
    assert residual_of([("availability", A, then(100, 0)), ("traffic", A, then(0, 0))])[0] == 1.0
    assert residual_of([("availability", A, then(100, 0)), ("traffic", A, then(0.5, 0.25))])[0] == 0.5


def test_what_remains_is_the_median_of_the_points_that_are_there_at_least_nothing() -> None:
    traffic = [20.0] * SPLIT + [np.nan, 4.0, 8.0, 2.0]
    assert residual_of([("availability", A, then(100, 0)), ("traffic", A, traffic)])[0] == pytest.approx(0.2)
    assert residual_of([("availability", A, then(100, 0)), ("traffic", A, then(20, -5))])[0] == 0.0


def test_the_health_of_a_target_is_no_share_of_its_traffic() -> None:
    assert residual_of([("health", A, then(1, 0)), ("traffic", A, then(20, 0))])[0] == 1.0
