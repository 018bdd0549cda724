import numpy as np
import pytest

from patternwatch.analysis.series.near_duplicates import correlation, near_duplicates
from tests.analysis import naive
from tests.analysis.incidents import batch, made_up, report_of

T = np.arange(100)
STEP = np.where(T >= 60, 5.0, 0.0)
WAVE = np.sin(T)


def test_a_copy_in_another_unit_or_turned_over_says_the_same() -> None:
    rows = np.array([STEP, 1000 * STEP + 7, -STEP, WAVE, STEP])
    assert near_duplicates(rows, ["a"] * 5) == [None, 0, 0, None, 0]


def test_only_within_a_group() -> None:
    assert near_duplicates(np.array([STEP, STEP, STEP]), ["a", "b", "b"]) == [None, None, 1]


def test_gaps_and_constant_rows_are_like_nothing_by_accident() -> None:
    gapped = STEP.copy()
    gapped[::10] = np.nan
    rows = np.array([STEP, gapped, np.full(100, 2.0), np.full(100, 3.0)])
    assert near_duplicates(rows, ["a"] * 4) == [None, 0, None, None]
    assert near_duplicates(np.empty((0, 100)), []) == []


def test_one_common_point_correlates_nothing() -> None:
    early, late = np.where(T <= 60, STEP + T, np.nan), np.where(T >= 60, STEP + T**2, np.nan)
    assert correlation(early[None], late[None]).tolist() == [[0.0]]
    assert near_duplicates(np.array([early, late]), ["a", "a"]) == [None, None]


@pytest.mark.parametrize("seed", range(10))
def test_series_are_near_from_a_correlation_of_95_percent_over_their_common_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = (WAVE + 0.4 * rng.normal(size=(12, 100))) * rng.choice(
        [-3.0, 1e-3, 1.0], size=(12, 1)
    ) + 1e6 * seed
    rows[::2] = rows[1] * rng.choice([-1.0, 2.0], size=(6, 1)) + np.linspace(0, 0.4, 6)[:, None] * rng.normal(
        size=(6, 100)
    ) * np.std(rows[1])
    rows[rng.random(rows.shape) < 0.2] = np.nan
    wanted: list[int | None] = []
    for i, row in enumerate(rows):
        near = [j for j in range(i) if wanted[j] is None and abs(naive.correlation(row, rows[j])) >= 0.95]
        wanted.append(near[0] if near else None)
    with np.errstate(all="raise", divide="ignore"):
        assert near_duplicates(rows, ["a"] * 12) == wanted
    assert any(first is not None for first in wanted)


def test_values_near_the_end_of_32_bits_are_compared_all_the_same() -> None:
    step = np.where(np.arange(300) >= 240, 3e37, 1e37)
    report = report_of(
        batch([{"__name__": name, "service": "a"} for name in ("m", "n")], np.array([step, step]))
    )
    assert [f.same_as for f in report.findings] == [None, 1]


def test_constants_and_series_without_a_common_point_do_not_warn() -> None:
    rows = np.array([STEP, np.where(T < 50, STEP, np.nan), np.where(T < 50, np.nan, WAVE), np.full(100, 2.0)])
    with np.errstate(all="raise"):
        assert near_duplicates(rows, ["a"] * 4) == [None, None, None, None]


def test_a_series_that_does_not_move_where_another_has_points_is_not_like_it() -> None:
    first = T < 50
    for seed in range(40):
        rng = np.random.default_rng(seed)
        there = np.where(first, rng.normal(size=100), np.nan)
        still = np.where(first, rng.normal(), rng.normal(size=100))
        with np.errstate(all="raise"):
            assert near_duplicates(np.array([there, still]), ["a", "a"]) == [None, None]


def test_a_report_names_the_first_of_those_that_say_the_same() -> None:
    series = made_up()
    copies = [i for i, own in enumerate(series.labels) if own["__name__"] == "cpu_usage"]
    labels = [*series.labels, *({**series.labels[i], "pod": "second"} for i in copies)]
    report = report_of(batch(labels, np.concatenate([series.values, 3 * series.values[copies]])))
    cpu = [f for f in report.findings if f.entity == "service-3" and f.category == "cpu"]
    assert len(cpu) == 2
    assert [f.same_as for f in cpu] == [None, cpu[0].rank]
