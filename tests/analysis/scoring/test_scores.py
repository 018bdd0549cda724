import numpy as np
import pytest

from patternwatch.analysis.scoring.deviations import baseline_scale, deviation_stats, lasting_spread
from patternwatch.analysis.scoring.pools import pooled_floors
from patternwatch.analysis.scoring.scores import ScoreBreakdown, log_size, scales_with_floors, score_breakdown
from patternwatch.detectors import Detection
from patternwatch.detectors.base import Vector
from patternwatch.detectors.quantiles import sorted_rows

ROWS, SPLIT = 100, 80
NOISE = np.random.default_rng(4).normal(size=ROWS)
CURRENT = np.arange(ROWS) >= SPLIT


def breakdown(
    row: Vector, category: str = "cpu", floor: float = 0.0, change: float = 1.0, traffic: float = 1.0
) -> ScoreBreakdown:
    filtered = Detection(np.array([change]), np.array([change >= 1.0]))
    return score_breakdown(
        deviation_stats(row[None], SPLIT),
        np.array([floor]),
        filtered,
        [category],
        SPLIT,
        ROWS,
        np.array([traffic]),
        np.ones_like,
    )


def score(
    row: Vector, category: str = "cpu", floor: float = 0.0, change: float = 1.0, traffic: float = 1.0
) -> float:
    return float(breakdown(row, category, floor, change, traffic).scores[0])


def test_movement_is_measured_against_the_baseline() -> None:
    row = 100 + NOISE + 30 * (np.arange(ROWS) >= 85)
    moved = deviation_stats(row[None], SPLIT)
    assert moved.median[0] == pytest.approx(np.median(row[:SPLIT]))
    assert moved.peak[0] == row[SPLIT:].max()
    assert moved.onset[0] == 85
    assert moved.opposite[0] < 0.2


def test_every_figure_of_a_movement() -> None:
    nan = np.nan
    values = np.array(
        [
            # baseline 0 1 2 3 4 5 6 7 8 30: median 4.5, quartiles 2.25 and 6.75, farthest 25.5
            [3.0, 0, 1, 2, 4, 5, 6, 7, 8, 30, 4.5, nan, 9.5, 14.5, 6.5, 1.5],
            [3.0, 0, 1, 2, 4, 5, 6, 7, 8, -30, 4.5, 4.5, 1.5, -5.5, nan, 9.5],
            [nan, nan, nan, nan, nan, nan, 2, 2, 2, 2, nan, nan, nan, nan, nan, nan],
            [2.0] * 15 + [1e300],
        ]
    )
    with np.errstate(all="raise", under="ignore"):
        moved = deviation_stats(values, 10)
    assert moved.median.tolist() == [4.5, 3.5, 2.0, 2.0]
    # the larger of the quartiles' distance in deviations and a third of the farthest distance
    np.testing.assert_allclose(moved.spread, [25.5 / 3, 33.5 / 3, 0.0, 0.0])
    np.testing.assert_array_equal(moved.peak, [14.5, -5.5, nan, 1e300])
    np.testing.assert_array_equal(moved.distance, [10.0, 9.0, 0.0, 1e300])
    # of the distances 0 2 3 5 10, and 1 1 2 6 9: at four fifths of the way
    np.testing.assert_allclose(moved.usual, [6.0, 6.6, 0.0, 0.0])
    assert moved.onset.tolist() == [12, 13, 10, 15]
    np.testing.assert_allclose(moved.opposite, [0.3, 6 / 9, 0.0, 0.0])


@pytest.mark.parametrize("unit", [1e-9, 0.01, 1000.0])
def test_a_movement_is_the_same_in_any_unit(unit: float) -> None:
    values = np.random.default_rng(3).normal(size=(20, ROWS))
    one, other = deviation_stats(values, SPLIT), deviation_stats(unit * values, SPLIT)
    assert 0 < (one.peak > one.median).sum() < 20
    assert other.onset.tolist() == one.onset.tolist()
    np.testing.assert_allclose(other.opposite, one.opposite)
    for name in ("median", "spread", "peak", "distance", "usual"):
        np.testing.assert_allclose(getattr(other, name), unit * getattr(one, name))


def test_the_spread_is_that_of_the_quartiles_where_no_point_is_far() -> None:
    _, spread = baseline_scale(sorted_rows(np.array([[0.0, 0.0, 4.0, 4.0, 0.0, 4.0]])))
    assert spread[0] == pytest.approx(4.0 / 1.349)
    median, spread = baseline_scale(sorted_rows(np.array([[np.nan, 7.0, np.nan]])))
    assert (median[0], spread[0]) == (7.0, 0.0)


def test_the_first_rows_of_a_fault_in_the_baseline_are_not_usual() -> None:
    values = np.random.default_rng(0).normal(100.0, 1.0, size=(20, 240))
    usual = lasting_spread(values, sorted_rows(values))
    late = values.copy()
    late[:, -5:] -= 80.0  # the alert came five rows late
    over = values.copy()
    over[:, 10:15] -= 80.0
    for one in (late, over):
        ordered = sorted_rows(one)
        assert (baseline_scale(ordered)[1] > 20.0).all()
        np.testing.assert_allclose(lasting_spread(one, ordered), usual, rtol=0.25)
    both = np.where(np.arange(240) % 60 == 0, 20.0, values)  # what comes again is usual
    assert (lasting_spread(both, sorted_rows(both)) > 20.0).all()


def test_a_half_without_points_says_nothing_of_the_spread() -> None:
    values = np.random.default_rng(0).normal(size=(3, 240))
    values[:, :120] = np.nan
    ordered = sorted_rows(values)
    assert lasting_spread(values, ordered).tolist() == baseline_scale(ordered)[1].tolist()


def test_scales_have_floors() -> None:
    moved = deviation_stats(np.array([[100.0] * 5 + [-50.0]] * 4 + [[0.0] * 5 + [8.0]] * 2), 5)
    categories = ["cpu", "cpu", "cpu", "health", "cpu", "cpu"]
    floors = np.array([0.0, 2.25, 9.0, 0.0, 0.0, 0.1])
    found = scales_with_floors(moved, categories, floors)
    np.testing.assert_allclose(found, [2.0, 2.25, 2.5, 0.5, 0.08, 0.1])


def test_size_is_the_geometric_mean_of_peak_and_usual_distance_in_scales() -> None:
    moved = deviation_stats(np.array([[0.0] * 5 + [4.0, 1.0, 1.0, 1.0, 1.0, 1.0]]), 5)
    with np.errstate(all="raise"):
        np.testing.assert_allclose(log_size(moved, np.array([0.5])), np.log(1.0 + 2.0 / 0.5))
        none = deviation_stats(np.zeros((1, 11)), 5)
        assert log_size(none, np.zeros(1)).tolist() == [0.0]
        assert log_size(moved, np.zeros(1)).tolist() == [0.0]


def test_every_factor_of_a_score() -> None:
    values = np.array([[10.0] * 5 + [10.0, 10.0, 20.0, 20.0, 20.0], [10.0] * 5 + [20.0] * 5, [10.0] * 10])
    change = Detection(np.array([1.25, 9.0, 3.0]), np.array([True, True, False]))
    parts = score_breakdown(
        deviation_stats(values, 5),
        np.zeros(3),
        change,
        ["traffic", "latency", "error"],
        5,
        10,
        np.full(3, 0.5),
        lambda sizes: np.where(sizes > 0.0, 0.25, 1.0),
    )
    np.testing.assert_allclose(parts.early, [1.0 - 0.3 * 1 / 5, 1.0, 1.0])
    np.testing.assert_allclose(parts.category, [0.5, 1.0, 1.0])
    np.testing.assert_allclose(parts.normal, [1.0, 1.0, 0.0])
    np.testing.assert_allclose(parts.traffic, [0.5, 0.5, 0.5])
    np.testing.assert_allclose(parts.chance, [0.25, 0.25, 1.0])
    np.testing.assert_allclose(parts.scale, [0.2, 0.2, 0.2])
    np.testing.assert_allclose(parts.size, [np.log(51.0), np.log(51.0), 0.0])
    np.testing.assert_allclose(
        parts.scores, [0.94 * 0.5 * 0.5 * 0.25 * np.log(51.0), 0.5 * 0.25 * np.log(51.0), 0.0]
    )


@pytest.mark.parametrize(
    ("name", "size"), [("ifOperStatus", 101.0), ("longhorn_volume_robustness", 101.0), ("ifSpeed", 51.0)]
)
def test_another_state_counts_as_a_flag_does_whatever_its_number(name: str, size: float) -> None:
    changed, restless = [1.0] * 5 + [2.0] * 5, [1.0, 3.0, 1.0, 3.0, 1.0] + [9.0] * 5
    parts = score_breakdown(
        deviation_stats(np.array([changed, restless]), 5),
        np.zeros(2),
        Detection(np.full(2, 9.0), np.full(2, True)),
        ["other", "other"],
        5,
        10,
        np.ones(2),
        np.ones_like,
        [name, name],
    )
    np.testing.assert_allclose(parts.size[0], np.log(size))
    assert parts.scale[1] > 1.0


def test_what_moves_at_the_last_row_of_a_window_loses_least_where_the_onset_is_there_too() -> None:
    values = np.array([[10.0] * 5 + [20.0]])
    change = Detection(np.ones(1), np.ones(1, dtype=bool))
    parts = score_breakdown(
        deviation_stats(values, 5), np.zeros(1), change, ["cpu"], 5, 6, np.ones(1), np.ones_like
    )
    assert parts.early.tolist() == [1.0]


@pytest.mark.parametrize(("begins", "early"), [(5, 1.0), (6, 1.0), (8, 0.88), (9, 0.82)])
def test_a_series_that_moves_by_its_next_point_is_not_late(begins: int, early: float) -> None:
    values = np.where(np.arange(10) >= begins, 20.0, 10.0)[None]
    change = Detection(np.ones(1), np.ones(1, dtype=bool))
    parts = score_breakdown(
        deviation_stats(values, 5), np.zeros(1), change, ["cpu"], 5, 10, np.ones(1), np.ones_like
    )
    np.testing.assert_allclose(parts.early, [early])


def test_a_series_of_a_longer_interval_is_late_by_its_own_points() -> None:
    values = np.full((1, 30), np.nan)
    values[0, ::5] = [10.0, 10.0, 10.0, 10.0, 20.0, 20.0]
    change = Detection(np.ones(1), np.ones(1, dtype=bool))
    early = [
        score_breakdown(
            deviation_stats(values, row),
            np.zeros(1),
            change,
            ["cpu"],
            row,
            30,
            np.ones(1),
            np.ones_like,
            intervals=np.array([5.0]),
        ).early[0]
        for row in (16, 10)
    ]
    np.testing.assert_allclose(early, [1.0, 1.0 - 0.3 * 5 / 20])


def test_the_larger_and_earlier_movement_scores_higher() -> None:
    base = 100 + NOISE
    assert score(base + 30 * CURRENT) > score(base + 10 * CURRENT) > score(base)
    assert score(base + 30 * CURRENT) > score(base + 30 * (np.arange(ROWS) >= 95))


def test_what_the_filter_holds_for_normal_does_not_count() -> None:
    row = 100 + NOISE + 30 * CURRENT
    assert score(row, change=0.99) == 0.0
    assert score(row, change=7.0) == score(row)


@pytest.mark.parametrize(
    ("category", "up", "down"),
    [("cpu", 1, 1), ("latency", 1, 0.5), ("error", 1, 0), ("availability", 0, 1), ("traffic", 0.5, 0.5)],
)
def test_only_the_bad_direction_counts(category: str, up: float, down: float) -> None:
    base = 100 + NOISE
    assert breakdown(base + 30 * CURRENT, category=category).category[0] == up
    assert breakdown(base - 30 * CURRENT, category=category).category[0] == down
    plain = score(base + 30 * CURRENT, category="other")
    assert score(base + 30 * CURRENT, category=category) == pytest.approx(up * plain, rel=0.2)
    assert score(base - 30 * CURRENT, category=category) == pytest.approx(down * plain, rel=0.2)


def test_a_twitch_of_a_flat_series_is_held_against_floors() -> None:
    flat = np.full(ROWS, 100.0)
    assert score(flat + 0.01 * CURRENT) < 0.01
    assert score(flat * 0 + 1.0 * CURRENT, floor=50.0) < score(flat * 0 + 1.0 * CURRENT)
    assert score(flat - 5.0 * CURRENT, category="availability") > score(flat - 5.0 * CURRENT)


def test_a_kind_in_other_units_does_not_hide_a_series() -> None:
    row = 1.0 + 0.01 * NOISE + 5.0 * CURRENT
    assert score(row, floor=1000.0) == score(row, floor=1.0)
    assert score(row, floor=1000.0) > 2.0


def test_a_share_of_little_traffic_counts_little() -> None:
    row = np.where(CURRENT, 0.0, 100.0)
    assert score(row, category="availability", traffic=0.1) == pytest.approx(
        0.1 * score(row, category="availability")
    )


def test_a_score_is_the_product_of_its_parts() -> None:
    parts = breakdown(100 + NOISE - 30 * (np.arange(ROWS) >= 90), category="latency")
    assert parts.early[0] < 1.0
    assert parts.category[0] == 0.5
    assert parts.normal[0] == 1.0
    product = parts.size * parts.early * parts.category * parts.normal * parts.traffic
    np.testing.assert_allclose(parts.scores, product)


def test_gaps_are_ignored() -> None:
    row = 100 + NOISE + 30 * CURRENT
    row[::9] = np.nan
    assert score(row) > 1.0
    assert np.isfinite(score(np.where(CURRENT, np.nan, row)))


def test_floors_are_medians_in_any_order() -> None:
    scales = np.array([3.0, 1.0, 2.0])
    assert pooled_floors({"cpu": scales, "none": scales[:0]}) == {"cpu": 2.0}
