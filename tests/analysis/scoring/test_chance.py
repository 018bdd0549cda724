"""What a movement is worth, by what its family does when nothing is wrong."""

import numpy as np
import pytest

from patternwatch.analysis.scoring.chance import ChanceWeights
from patternwatch.analysis.scoring.family_movements import family_of, movements_of
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.series import Matrix
from patternwatch.contracts.shard_results import FamilyMovements, ShardResult
from patternwatch.detectors import CHANGE
from tests.analysis.incidents import ROWS, SPLIT, made_up, request_of, results_of


def movements(series: int, now: list[float], past: list[float]) -> FamilyMovements:
    return FamilyMovements(series=series, now=np.array(now, np.float32), past=np.array(past, np.float32))


def weight(family: FamilyMovements, size: float) -> float:
    return float(ChanceWeights([{"f": family}]).of(["f"], np.array([size]))[0])


def found_in(values: Matrix, split: int = SPLIT) -> FamilyMovements:
    flagged = CHANGE(values, split).flagged
    found = movements_of(values, split, flagged, ["f"] * len(values), ["other"] * len(values))
    return found.get("f", movements(len(values), [], []))


def test_a_family_is_a_metric_in_one_derivation() -> None:
    labels = {"__name__": "http_requests_total", "code": "500"}
    assert family_of(labels, "rate") == family_of({"__name__": "http_requests_total"}, "rate")
    assert family_of(labels, "rate") != family_of(labels, "")
    assert family_of({}, "") == ""


@pytest.mark.parametrize("split", [SPLIT, ROWS - 6])
@pytest.mark.parametrize("seed", range(3))
def test_what_ticks_now_and_then_is_worth_nothing_however_few_rows_there_are(split: int, seed: int) -> None:
    """Counters that grow by one in one row of fifty: some do for the first time since the split."""
    ticks = (np.random.default_rng(seed).random((4000, ROWS)) < 0.02).astype(float)
    family = found_in(ticks, split)
    assert all(weight(family, size) < 0.5 for size in family.now.tolist())


@pytest.mark.parametrize("seed", range(3))
def test_a_service_that_is_hurt_keeps_its_weight_among_its_siblings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.maximum(60 * (1 + 0.5 * rng.normal(size=(50, ROWS))), 0)
    values[:10, SPLIT:] *= 4
    family = found_in(values)
    assert family.series == 50
    assert 8 <= len(family.now) <= 20
    assert weight(family, float(np.median(family.now))) > 0.9


def test_chance_is_seen_as_often_in_the_past_as_now() -> None:
    rng = np.random.default_rng(3)
    spiky = 20 * (rng.random((3000, ROWS)) < 0.005) + rng.normal(size=(3000, ROWS))
    family = found_in(spiky)
    assert len(family.now) > 100
    assert len(family.past) == pytest.approx(len(family.now), rel=0.5)
    assert weight(family, float(family.now[len(family.now) // 2])) < 0.3


def test_one_metric_alone_is_not_chance_and_a_family_that_is_not_known_neither() -> None:
    assert weight(movements(1, [2.0], []), 2.0) > 0.97
    assert ChanceWeights([]).of(["g"], np.array([1.0])).tolist() == [1.0]
    assert ChanceWeights([]).of([], np.empty(0)).tolist() == []


def test_the_larger_a_movement_and_the_more_move_alike_the_more_it_is_worth() -> None:
    past = [1.0, 1.1, 1.2, 1.3]
    few, many = movements(500, [1.0, 3.0], past), movements(500, [1.0] * 60, past)
    assert weight(few, 1.0) < 0.1
    assert weight(few, 3.0) > 0.8
    assert weight(many, 1.0) > 0.8


def test_parts_of_a_family_add_up_in_any_order() -> None:
    parts = [movements(100, [1.0, 2.0], [1.5]), movements(50, [], []), movements(10, [3.0], [0.5, 0.7])]
    whole = movements(160, [1.0, 2.0, 3.0], [0.5, 0.7, 1.5])
    sizes = np.array([0.5, 1.0, 2.0, 3.0])
    wanted = ChanceWeights([{"f": whole}]).of(["f"] * 4, sizes)
    for ordered in (parts, parts[::-1]):
        np.testing.assert_array_equal(ChanceWeights([{"f": p} for p in ordered]).of(["f"] * 4, sizes), wanted)


def test_a_baseline_that_is_too_short_for_a_past_explains_nothing() -> None:
    values = np.random.default_rng(1).normal(size=(30, 100))
    values[0, 60:] += 40.0
    family = found_in(values, 60)
    assert (family.series, len(family.past)) == (30, 0)
    assert weight(family, float(family.now[-1])) > 0.9


def test_families_without_a_flagged_series_are_not_sent() -> None:
    series = made_up()
    (result,) = results_of(request_of(series), series)
    flagged_names = {c.labels["__name__"] for c in result.candidates if c.screening_score > 1.0}
    assert set(result.families) >= flagged_names
    quiet = made_up(quiet=True, services=2)
    assert all(len(r.families) <= r.flagged for r in results_of(request_of(quiet), quiet, 2))
    assert decode(encode(result), ShardResult).families.keys() == result.families.keys()
