"""Bounds of buckets that are no numbers, that are written in two ways, or that are missing."""

import numpy as np
import pytest

from patternwatch.cortex.bucket_bounds import bound_of
from patternwatch.cortex.derive import NO_BOUND
from tests.cortex.made import ROWS, Made, Values, fetched

SEEDS = range(20)
BOUNDS = ("0.1", "0.5", "1", "+Inf")


def histogram(rng: np.random.Generator, bounds: tuple[str, ...] = BOUNDS) -> dict[str, Values]:
    counts = rng.poisson(np.array([30, 20, 10, 5])[:, None], (4, ROWS)).cumsum(axis=1).cumsum(axis=0)
    return {bound: row.astype(float) for bound, row in zip(bounds, counts, strict=True)}


def series(buckets: dict[str, Values], count: Values | None = None) -> list[Made]:
    own = [Made(row, "wait_bucket", labels={"le": bound}) for bound, row in buckets.items()]
    return own if count is None else [*own, Made(count, "wait_count")]


def quantiles(*made: Made) -> dict[str, list[float]]:
    batch = fetched(*made)
    return {
        how: row.tolist()
        for how, row in zip(batch.derivation, batch.values, strict=True)
        if how in ("p50", "p99")
    }


@pytest.mark.parametrize(
    "text", ["", "foo", "NaN", "nan", "27p5", "0,005", "10ms", " 1", "1_000", "1e", "--1"]
)
def test_what_is_no_number_is_no_bound(text: str) -> None:
    assert bound_of({"le": text}) is None
    assert bound_of({}) is None


@pytest.mark.parametrize("text", ["1", "1.0", "1.", "+1", "1e0", "10E-1", "0001"])
def test_the_same_number_is_the_same_bound(text: str) -> None:
    assert bound_of({"le": text}) == 1
    assert bound_of({"le": "+inf"}) == bound_of({"le": "Infinity"}) == np.inf


@pytest.mark.parametrize("seed", SEEDS)
def test_a_malformed_bucket_is_left_out_and_counted(seed: int) -> None:
    good = histogram(np.random.default_rng(seed))
    bad = dict.fromkeys(("foo", "27p5", "NaN"), good["1"] * 7)
    nameless = Made(good["1"] * 3, "wait_bucket")
    assert quantiles(*series(good | bad), nameless) == quantiles(*series(good))
    assert fetched(*series(good | bad), nameless).skipped[NO_BOUND] == {"wait_bucket": 4}
    assert NO_BOUND not in fetched(*series(good)).skipped


def test_malformed_buckets_alone_leave_count_and_mean() -> None:
    good = histogram(np.random.default_rng(1))
    count = good["+Inf"]
    batch = fetched(
        *series({"a": count, "b": count}, count), Made(count * 2, "wait_sum"), Made(count, "wait", "gauge")
    )
    assert sorted(batch.derivation) == ["", "count_rate", "mean"]


@pytest.mark.parametrize("seed", SEEDS)
def test_one_bound_written_in_two_ways_is_one_bucket(seed: int) -> None:
    rng = np.random.default_rng(seed)
    good, row = histogram(rng), int(rng.integers(1, ROWS))
    turns = np.arange(ROWS) < row
    either = rng.random(ROWS) < 0.5
    for first in (turns, either, np.ones(ROWS, bool)):
        both = {
            **good,
            "1": np.where(first, good["1"], np.nan),
            "1.0": good["1"] if first.all() else np.where(first, np.nan, good["1"]),
        }
        assert quantiles(*series(both)) == quantiles(*series(good))


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_bucket_inf_the_count_is_its_value(seed: int) -> None:
    good = histogram(np.random.default_rng(seed))
    count = good["+Inf"]
    finite = {bound: row for bound, row in good.items() if bound != "+Inf"}
    assert quantiles(*series(finite, count)) == quantiles(*series(good, count))
    assert np.isnan(quantiles(*series(finite))["p99"]).all(), "nobody knows how many there were"


def test_every_series_is_counted_once() -> None:
    good = histogram(np.random.default_rng(1))
    made = [*series(good | {"1.0": good["1"], "foo": good["1"]}, good["+Inf"]), Made(good["1"], "wait_sum")]
    batch = fetched(*made)
    assert len(batch) + sum(sum(of.values()) for of in batch.skipped.values()) == len(made)
