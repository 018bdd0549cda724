"""What fails while a part of a workload starts."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.losses.starts import Starts
from patternwatch.watch.members.members import Members

STEP_MS = 30_000


@pytest.mark.parametrize(("before", "is_start"), [(np.nan, True), (30.0, False)])
def test_what_was_away_meanwhile_did_not_fail_for_three_ticks(before: float, is_start: bool) -> None:
    # Each pair of rows has fewer than five failures: too few to say that they fade.
    members, starts = Members(AnalysisSettings(), STEP_MS), Starts()
    for pod in ("cart-7d9f8c6b5-fnmft", "cart-7d9f8c6b5-x2k9p"):
        _, begun = members.place(
            [{"__name__": "http_requests_total", "service": "cart", "pod": pod}], ["rate"]
        )
    starts.fit(1)
    starts.note(begun, 2, members)
    asked = np.array([[before, 24, 40, 32, 19, 27]], dtype=np.float32)
    failed = np.array([[0 * before, 3, 6, 1, 1, 2]], dtype=np.float32)
    assert starts.are_all_that_fails(asked, failed, np.array([True])).tolist() == [is_start]
