import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from patternwatch.classifier.features import INPUT_SHAPES, features
from tests.classifier.slow_features import slow_features


def assert_like_slow(values: np.ndarray, split: int) -> None:
    fast = features(values, split)
    for k, row in enumerate(values):
        for got, wanted in zip(
            (fast.series, fast.baseline, fast.scales), slow_features(row, split), strict=True
        ):
            np.testing.assert_allclose(got[k], wanted, rtol=2e-4, atol=2e-4)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("split", [190, 240, 299])
def test_agrees_with_the_slow_twin_on_noise_ties_counts_and_gaps(
    rng: np.random.Generator, split: int
) -> None:
    values = np.concatenate(
        [
            rng.standard_normal((3, 300)),
            rng.integers(0, 3, (3, 300)).astype(float),
            rng.poisson(0.05, (3, 300)).astype(float),
            np.repeat(rng.standard_normal((2, 30)), 10, axis=1),
        ]
    )
    values[1, :40] = np.nan
    values[4, rng.random(300) < 0.3] = np.nan
    values[7, 235:250] = np.inf
    assert_like_slow(values, split)


@pytest.mark.parametrize("rows", [120, 130, 299, 300, 301, 900])
def test_windows_of_other_lengths_count_from_their_end(rng: np.random.Generator, rows: int) -> None:
    values = rng.standard_normal((3, rows))
    assert_like_slow(values, rows - 60)
    whole = np.full((3, 300), np.nan)
    kept = min(rows, 300)
    whole[:, 300 - kept :] = values[:, -kept:]
    np.testing.assert_array_equal(features(values, rows - 30).series, features(whole, 270).series)


@pytest.mark.parametrize("value", [0.0, 1.0, -7.5, 1e12, 1e-12, np.nan])
def test_a_constant_or_empty_window_gives_finite_features(value: float) -> None:
    values = np.full((2, 300), value)
    assert_like_slow(values, 240)
    for array in features(values, 240).as_feed().values():
        assert np.isfinite(array).all()


def test_a_baseline_without_values_is_judged_by_the_whole_window(rng: np.random.Generator) -> None:
    values = rng.standard_normal((2, 300))
    values[:, :238] = np.nan
    assert_like_slow(values, 240)


def test_unit_and_offset_do_not_matter(rng: np.random.Generator) -> None:
    values = rng.standard_normal((4, 300))
    ours, theirs = features(values, 250), features(values * 1e6 + 1e7, 250)
    np.testing.assert_allclose(ours.series, theirs.series, atol=1e-4)
    np.testing.assert_allclose(ours.scales, theirs.scales, atol=1e-4)


def test_one_split_for_all_and_one_for_each_agree(rng: np.random.Generator) -> None:
    values = rng.standard_normal((6, 300))
    splits = np.array([190, 200, 240, 260, 280, 299])
    together = features(values, splits)
    for k, split in enumerate(splits):
        alone = features(values[k : k + 1], int(split))
        np.testing.assert_array_equal(together.series[k], alone.series[0])
        np.testing.assert_array_equal(together.baseline[k], alone.baseline[0])
        np.testing.assert_array_equal(together.scales[k], alone.scales[0])


def test_no_windows_give_no_features() -> None:
    found = features(np.empty((0, 300)), 240)
    assert len(found) == 0
    assert {name: array.shape[1:] for name, array in found.as_feed().items()} == INPUT_SHAPES


@settings(max_examples=40, deadline=None)
@given(
    row=arrays(np.float64, 300, elements=st.floats(-1e6, 1e6, allow_subnormal=False) | st.just(float("nan"))),
    split=st.integers(1, 299),
)
def test_any_window_gives_finite_features(row: np.ndarray, split: int) -> None:
    for array in features(row[None], split).as_feed().values():
        assert np.isfinite(array).all()
