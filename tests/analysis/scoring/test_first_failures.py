"""Of many counters that seldom fail, some fail several times now and never before: that is chance."""

import numpy as np
import pytest

from patternwatch.analysis.scoring.family_movements import movements_of
from patternwatch.analysis.scoring.first_failures import FirstFailures, failing_rows
from patternwatch.contracts.series import Matrix, SeriesBatch, Vector
from patternwatch.contracts.shard_results import FamilyMovements
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

FAMILY = "rate(job_errors_total)"
NONE = np.empty(0, np.float32)
AFTER = [SPLIT + 3, SPLIT + 20, SPLIT + 31]


def counters(share: float = 0.001, series: int = 20_000, seed: int = 0) -> Matrix:
    """Failures in so large a share of all rows, whatever happens."""
    return (np.random.default_rng(seed).random((series, ROWS)) < share).astype(np.float64)


def told(values: Matrix) -> dict[str, FamilyMovements]:
    rows = failing_rows(values).tolist()
    return {FAMILY: FamilyMovements(series=len(values), now=NONE, past=NONE, failing_rows=rows)}


def weights(values: Matrix, row: int = SPLIT) -> tuple[Vector, Vector]:
    """The weights of those that failed since the row only, and in how many rows they did."""
    rows = (values != 0).sum(axis=1)
    first = np.flatnonzero((values[:, row:] != 0).sum(axis=1) == np.maximum(rows, 1))
    own = FirstFailures([told(values)]).of(
        [FAMILY] * len(first), values[first], row, np.ones(len(first), bool)
    )
    return own, rows[first]


@pytest.mark.parametrize("row", [SPLIT, SPLIT - 40, ROWS - 6])
def test_first_failures_among_many_counters_are_chance(row: int) -> None:
    kept = []
    for seed in range(8):
        weight, rows = weights(counters(seed=seed), row)
        kept.append(float(weight[rows > 1].max(initial=0.0)))
        assert (weight[rows == 1] < 0.5).all()
    assert np.mean(kept) < 0.5


def test_one_counter_that_fails_again_and_again_stands_out_of_many() -> None:
    values = counters()
    values[0] = 0.0
    values[0, SPLIT + 1 :: 7] = 1.0
    weight, rows = weights(values)
    assert weight[rows == 9].tolist() == pytest.approx([1.0], abs=1e-3)


def test_a_service_whose_few_counters_fail_for_the_first_time_keeps_its_weight() -> None:
    values = np.zeros((12, ROWS))
    values[np.ix_(range(4), AFTER)] = 1.0
    weight, _ = weights(values)
    assert weight.tolist() == [1.0] * 4


def test_what_failed_before_or_counts_no_failures_is_left_as_it_is() -> None:
    values = counters()
    values[:2] = 0.0
    values[np.ix_(range(2), AFTER)] = 1.0
    values[0, 5] = 1.0
    chance, failures = FirstFailures([told(values)]), np.array([True, False])
    assert chance.of([FAMILY] * 2, values[:2], SPLIT, failures).tolist() == [1.0, 1.0]
    assert chance.of([FAMILY], values[1:2], SPLIT, failures[:1]).tolist() == [0.0]
    assert chance.of(["another"], values[1:2], SPLIT, failures[:1]).tolist() == [1.0]


def test_parts_of_a_family_add_up() -> None:
    values = counters()
    one, two = FirstFailures([told(values)]), FirstFailures([told(values[5000:]), told(values[:5000])])
    first = values[(values[:, SPLIT:] != 0).sum(axis=1) == 2]
    given = ([FAMILY] * len(first), first, SPLIT, np.ones(len(first), bool))
    np.testing.assert_array_equal(one.of(*given), two.of(*given))


def test_a_scan_tells_it_of_failures_that_are_counted_one_by_one() -> None:
    values, flagged = counters(0.01, series=50), np.ones(50, bool)
    for family, category, expected in (
        (FAMILY, "error", failing_rows(values).tolist()),
        (FAMILY, "traffic", []),
        ("errors", "error", []),
    ):
        found = movements_of(values, SPLIT, flagged, [family] * 50, [category] * 50)
        assert found[family].failing_rows == expected
    assert failing_rows(np.zeros((3, ROWS))).tolist() == failing_rows(np.ones((3, ROWS))).tolist() == []


@pytest.mark.parametrize(("others", "first"), [(0, "jobs"), (4000, "ledger")])
def test_who_fails_three_times_is_first_unless_others_do_so_too(others: int, first: str) -> None:
    """If 65 have three failing rows anywhere, one has them behind the split every other time.

    They lie in one half of the baseline, so that nobody's spread says more, and none in the first fifth of
    the window, which the past of the family is taken from.
    """
    rng = np.random.default_rng(1)
    errors = np.zeros((others + 1, ROWS))
    errors[0, AFTER] = 1.0
    for own in errors[1 : others // 60]:
        own[SPLIT // 2 + rng.choice(SPLIT // 2, 3, replace=False)] = 1.0
    slow = 50.0 + rng.normal(size=(1, ROWS)) + 9.0 * (np.arange(ROWS) >= SPLIT)
    labels = [
        {"__name__": "job_errors_total", "service": "jobs", "instance": f"{i}"} for i in range(len(errors))
    ]
    made = batch([*labels, {"__name__": "latency_ms", "service": "ledger"}], np.concatenate([errors, slow]))
    derivation = ["rate"] * len(errors) + [""]
    report = report_of(SeriesBatch(made.labels, made.times, made.values, derivation))
    assert report.entities[0].entity == first
