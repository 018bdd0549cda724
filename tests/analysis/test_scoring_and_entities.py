from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from patternwatch.analysis.entities import UNLABELLED, Entity, callee_of, entity_of, rank_entities
from patternwatch.analysis.scoring import ScoreBreakdown, deviation_stats, pooled_floors, score_breakdown
from patternwatch.detectors import Detection
from patternwatch.detectors.base import Vector

ROWS, SPLIT = 100, 80
NOISE = np.random.default_rng(4).normal(size=ROWS)
CURRENT = np.arange(ROWS) >= SPLIT


def breakdown(
    row: Vector, category: str = "cpu", floor: float = 0.0, change: float = 1.0, traffic: float = 1.0
) -> ScoreBreakdown:
    filtered = Detection(np.array([change]), np.array([True]))
    return score_breakdown(
        deviation_stats(row[None], SPLIT),
        np.array([floor]),
        filtered,
        [category],
        SPLIT,
        ROWS,
        np.array([traffic]),
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


def test_the_larger_and_earlier_movement_scores_higher() -> None:
    base = 100 + NOISE
    assert score(base + 30 * CURRENT) > score(base + 10 * CURRENT) > score(base)
    assert score(base + 30 * CURRENT) > score(base + 30 * (np.arange(ROWS) >= 95))


def test_what_the_filter_holds_for_normal_counts_in_part() -> None:
    row = 100 + NOISE + 30 * CURRENT
    assert score(row, change=0.5) == pytest.approx(0.5 * score(row))
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
    parts = breakdown(100 + NOISE - 30 * (np.arange(ROWS) >= 90), category="latency", change=0.8)
    assert parts.early[0] < 1.0
    assert parts.category[0] == 0.5
    assert parts.normal[0] == 0.8
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


def test_the_first_label_that_is_there_names_the_entity() -> None:
    order = ("service", "job")
    assert entity_of({"job": "j", "service": "s"}, order) == Entity("s", "service")
    assert entity_of({"job": "j", "service": ""}, order) == Entity("j", "job")
    assert entity_of({"pod": "p"}, order) == Entity(UNLABELLED, "")


def test_copies_of_one_metric_weigh_as_much_as_one() -> None:
    a, b = Entity("a", "service"), Entity("b", "service")
    ranked = rank_entities(
        [a, a, a, b, b, Entity("c", "service")],
        ["cpu", "cpu", "cpu", "cpu", "latency", "cpu"],
        [2.0, 2.0, 2.0, 1.8, 1.0, 0.0],
        list("uvwxyz"),
    )
    assert [(r.entity.name, r.members) for r in ranked] == [("b", (3, 4)), ("a", (0, 1, 2))]
    assert [r.score for r in ranked] == pytest.approx([1.8 + 0.5, 2.0])


def names_of(categories: Sequence[str], scores: Sequence[float], callees: Sequence[str]) -> list[str]:
    entities = [Entity(name, "service") for name in ("caller", "caller", "callee")]
    return [r.entity.name for r in rank_entities(entities, categories, scores, list("xyz"), callees)]


def test_a_caller_has_its_errors_from_a_callee_that_shows_them_too() -> None:
    assert names_of(["error"] * 3, [2.0, 2.0, 1.9], ["", "callee", ""]) == ["callee", "caller"]
    assert names_of(["error"] * 3, [2.0, 2.0, 1.9], ["", "", ""]) == ["caller", "callee"]
    assert names_of(["error"] * 3, [2.0, 2.0, 0.5], ["", "callee", ""]) == ["caller", "callee"]
    assert names_of(["cpu"] * 3, [2.0, 2.0, 1.9], ["", "callee", ""]) == ["caller", "callee"]
    assert names_of(["error", "error", "latency"], [2.0, 2.0, 1.9], ["", "callee", ""])[0] == "caller"


def test_the_first_peer_label_names_the_callee() -> None:
    assert callee_of({"upstream": "b", "peer": ""}, ("peer", "upstream")) == "b"
    assert callee_of({"service": "a"}, ("peer",)) == ""


def names_by_score(scores: Mapping[str, float], from_outside: str = "") -> list[str]:
    entities = [Entity(name, "service") for name in scores]
    categories, ids = ["cpu"] * len(scores), list(scores)
    ranked = rank_entities(entities, categories, list(scores.values()), ids, from_outside=from_outside)
    return [r.entity.name for r in ranked]


def test_of_two_that_say_the_same_the_part_goes_before_the_whole() -> None:
    assert names_by_score({"orders": 2.0, "orders-db": 1.95, "cart": 1.99}) == ["orders-db", "orders", "cart"]
    assert names_by_score({"orders": 2.0, "orders-db": 1.5}) == ["orders", "orders-db"]
    assert names_by_score({"orders": 2.0, "db-orders": 1.99}) == ["orders", "db-orders"]


def test_an_entity_seen_from_outside_counts_in_part() -> None:
    scores = {"cart_client": 2.0, "cart": 1.9}
    assert names_by_score(scores, from_outside="_client$") == ["cart", "cart_client"]
    assert names_by_score({"payment_client": 2.0, "cart": 1.0}, "_client$") == ["payment_client", "cart"]
