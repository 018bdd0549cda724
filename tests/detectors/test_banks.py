"""The banks beside the objects whose alarms they must give, over thousands of streams."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from river import drift
from scipy.stats import ks_2samp

from patternwatch.detectors.banks import AdwinBank, Bank, PageHinkleyBank, SlidingKsBank

Matrix = npt.NDArray[np.float64]
SERIES, POINTS = 2_000, 600


def streams(series: int, points: int, seed: int = 0) -> Matrix:
    """Noise of several kinds with shifts, some of whole numbers, some that never move; a tenth are gaps."""
    rng = np.random.default_rng(seed)
    levels = rng.normal(size=(series, points // 60)) * rng.exponential(3.0, (series, 1))
    values = np.repeat(levels, 60, axis=1) + rng.standard_t(4, (series, points))
    values[::5] = np.round(values[::5])
    values[::7] = rng.random((len(values[::7]), points)) < 0.1
    values[::11] = 3.0
    values[rng.random(values.shape) < 0.1] = np.nan
    return values


def _river(name: str, **settings: float) -> Any:
    return getattr(drift, name)(**settings)


def rivers_alarms(detector: Callable[[], Any], values: Matrix) -> npt.NDArray[np.bool_]:
    alarms = np.zeros(values.shape, dtype=bool)
    for i, row in enumerate(values):
        river = detector()
        for t, value in enumerate(row.tolist()):
            if not math.isnan(value):
                river.update(value)
                alarms[i, t] = river.drift_detected
    return alarms


def in_pieces(bank: Bank, values: Matrix) -> npt.NDArray[np.bool_]:
    """As ticks bring them: one, two, three columns at a time."""
    cuts = np.cumsum(np.resize([1, 2, 3], values.shape[1]))
    pieces = np.split(values, cuts[cuts < values.shape[1]], axis=1)
    return np.concatenate([bank.update(piece) for piece in pieces], axis=1)


@pytest.mark.parametrize(
    ("bank", "river"),
    [
        (AdwinBank(SERIES), drift.ADWIN),
        (AdwinBank(SERIES, delta=0.1, clock=5), lambda: _river("ADWIN", delta=0.1, clock=5)),
        (PageHinkleyBank(SERIES), drift.PageHinkley),
        (PageHinkleyBank(SERIES, threshold=10.0), lambda: _river("PageHinkley", threshold=10.0)),
    ],
)
def test_every_alarm_is_rivers_own_and_none_is_missing(bank: Bank, river: Callable[[], Any]) -> None:
    values = streams(SERIES, POINTS)
    theirs = rivers_alarms(river, values)
    assert theirs.sum() > SERIES, "the streams show something to compare"
    np.testing.assert_array_equal(in_pieces(bank, values), theirs)


def test_adwin_is_rivers_over_weeks_of_one_stream() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(1, 30_000))
    values[:, 25_000:] += 0.3
    theirs = rivers_alarms(drift.ADWIN, values)
    assert theirs[0, 25_000:].any()
    np.testing.assert_array_equal(AdwinBank(1).update(values), theirs)


def test_adwin_forgets_what_is_older_than_its_ladder() -> None:
    bank = AdwinBank(1)
    steady = np.zeros((1, 1000))
    for _ in range(50):  # more than the 40,955 points that it holds
        assert not bank.update(steady).any()
    assert bank.update(steady + 5.0).any()


def test_the_sliding_windows_are_scipys() -> None:
    values = streams(100, 420, seed=1)
    bank = SlidingKsBank(100, reference=120, current=30)
    exact, checked = np.zeros(values.shape, dtype=bool), 0
    alarms = in_pieces(bank, values)
    for i, row in enumerate(values.astype(np.float32)):
        known = row[~np.isnan(row)]
        at = np.flatnonzero(~np.isnan(row))
        for end in range(150, len(known) + 1):
            statistic = ks_2samp(known[end - 150 : end - 30], known[end - 30 : end]).statistic
            exact[i, at[end - 1]] = statistic >= bank.critical - 1e-12
            checked += 1
        last = ks_2samp(known[-150:-30], known[-30:]).statistic
        assert bank.statistic()[i] == pytest.approx(last, abs=1e-12)
    assert exact.sum() > 1000
    np.testing.assert_array_equal(alarms, exact)


@pytest.mark.parametrize("make", [AdwinBank, PageHinkleyBank, SlidingKsBank])
def test_a_slot_that_goes_to_another_series_begins_anew(make: Callable[[int], Bank]) -> None:
    values = streams(40, POINTS, seed=2)
    reused, fresh = make(40), make(40)
    reused.update(streams(40, POINTS, seed=4)[:, :-7])
    reused.reset(np.arange(0, 40, 2))
    mine, theirs = reused.update(values), fresh.update(values)
    np.testing.assert_array_equal(mine[::2], theirs[::2])
    assert (mine[1::2] != theirs[1::2]).any(), "the others remember"


@pytest.mark.parametrize("make", [AdwinBank, PageHinkleyBank, SlidingKsBank])
def test_columns_of_other_series_are_refused(make: Callable[[int], Bank]) -> None:
    with pytest.raises(ValueError, match=r"give \(3, C\)"):
        make(3).update(np.zeros((2, 1)))


def test_every_bank_together_is_small() -> None:
    banks = (AdwinBank(100), PageHinkleyBank(100), SlidingKsBank(100))
    assert [round(bank.bytes_per_series) for bank in banks] == [1093, 48, 2416]
