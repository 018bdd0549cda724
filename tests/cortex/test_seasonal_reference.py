"""The same window a day or a week earlier, beside the window itself."""

import numpy as np
import pytest

from patternwatch.contracts.matchers import Matcher, Matchers
from patternwatch.contracts.messages import AnalysisRequest, Compare
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.seasonal_reference import fetch_compared, matched
from tests.fakes.source import FakeSource

WINDOW = Window(start_ms=10**10, split_ms=10**10 + 4000, end_ms=10**10 + 5000, step_ms=1000)
ALL = (Matcher(name="__name__", op="=~", value=".+"),)
HOUR_MS = 3_600_000


def series(names: list[str], first: float, window: Window = WINDOW) -> SeriesBatch:
    values = first + np.arange(len(names) * window.rows, dtype=float).reshape(len(names), -1)
    labels = [{"__name__": name, "pod": f"{name}-1"} for name in names]
    return SeriesBatch(labels, window.times(), values, ["" if n != "c" else "rate" for n in names])


class TwoDays(FakeSource):
    """Serves one batch now and another for anything earlier."""

    def __init__(self, now: SeriesBatch, then: SeriesBatch) -> None:
        super().__init__()
        self.now, self.then = now, then
        self.asked: list[Window] = []

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        self.asked.append(window)
        return self.now if window == WINDOW else self.then


def request(compare: Compare) -> AnalysisRequest:
    return AnalysisRequest(
        request_id="r",
        tenant="t",
        trigger="manual",
        title="",
        matchers=ALL,
        window=WINDOW,
        requested_at_ms=WINDOW.end_ms,
        compare=compare,
    )


@pytest.mark.parametrize(("compare", "hours"), [("day", 24), ("week", 168)])
async def test_series_are_matched_by_their_labels(compare: Compare, hours: int) -> None:
    source = TwoDays(series(["a", "b", "c"], 0.0), series(["c", "x", "a"], 100.0))
    batch = await fetch_compared(source, request(compare), ALL)
    assert source.asked == [WINDOW, WINDOW.earlier(hours * HOUR_MS)]
    assert WINDOW.start_ms - source.asked[1].start_ms == hours * HOUR_MS
    assert batch.seasonal_reference is not None
    np.testing.assert_array_equal(batch.values, source.now.values)
    np.testing.assert_array_equal(batch.seasonal_reference[0], source.then.values[2])
    np.testing.assert_array_equal(batch.seasonal_reference[2], source.then.values[0])
    assert np.isnan(batch.seasonal_reference[1]).all()
    kept = batch.take([2]).seasonal_reference
    assert kept is not None
    np.testing.assert_array_equal(kept[0], source.then.values[0])


async def test_without_a_comparison_only_the_window_is_read() -> None:
    source = TwoDays(series(["a"], 0.0), series(["a"], 1.0))
    batch = await fetch_compared(source, request("none"), ALL)
    assert batch.seasonal_reference is None
    assert source.asked == [WINDOW]


def test_another_derivation_is_another_series_and_infinity_a_gap() -> None:
    now, then = series(["a", "b"], 0.0), series(["a", "b"], 5.0)
    then.derivation[0] = "rate"
    then.values[1, 2] = np.inf
    earlier = matched(now, then)
    assert np.isnan(earlier[0]).all()
    assert np.isnan(earlier[1]).tolist() == [False, False, True, False, False, False]


def test_windows_of_another_length_cannot_be_compared() -> None:
    short = Window(start_ms=10**10, split_ms=10**10 + 1000, end_ms=10**10 + 2000, step_ms=1000)
    with pytest.raises(ValueError, match="rows cannot be compared"):
        matched(series(["a"], 0.0), series(["a"], 0.0, short))
