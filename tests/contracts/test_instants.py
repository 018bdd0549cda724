"""Messages to people name times with their zone, never milliseconds since 1970."""

import re

import pytest

from patternwatch.analysis.requests import request_for_selector
from patternwatch.contracts.errors import WindowError
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import AnalysisSettings
from tests.fakes.clock import NOW_MS


@pytest.mark.parametrize(
    ("at_ms", "end_ms"), [(NOW_MS + 10**9, None), (NOW_MS - 10**7, NOW_MS + 10**9), (60_000, None)]
)
def test_a_time_that_cannot_be_analysed_is_named_as_people_read_it(at_ms: int, end_ms: int | None) -> None:
    with pytest.raises(WindowError) as told:
        request_for_selector("a", '{a="b"}', at_ms, end_ms, "", AnalysisSettings(), NOW_MS, "r1")
    assert not re.search(r"\d{10}|\d ms", str(told.value))
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", told.value.problem)


@pytest.mark.parametrize("split_ms", [NOW_MS + 10**9, NOW_MS - 10**9])
def test_a_window_that_misses_its_time_says_so_as_people_read_it(split_ms: int) -> None:
    with pytest.raises(WindowError) as told:
        Window.ending(NOW_MS, split_ms, 30_000)
    assert not re.search(r"\d{10}|\d ms", str(told.value))
    assert told.value.problem.count(" UTC") == 2
