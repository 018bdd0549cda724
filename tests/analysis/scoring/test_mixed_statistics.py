"""A latency that rises while another statistic of it falls tells of other work."""

import numpy as np
import pytest

from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.analysis.scoring.mixed_statistics import in_another_mix

TAIL, MEDIAN = {"__name__": "latency_p99", "service": "db"}, {"__name__": "latency_p50", "service": "db"}


def found(first: dict[str, str], other: dict[str, str], other_now: float = 2.0, flagged: bool = True) -> bool:
    """Whether the first, which rises, is in another mix beside the other, which goes from 4 to this."""
    values = np.array([[9.0] * 5 + [60.0] * 5, [4.0] * 5 + [other_now] * 5])
    mixed = in_another_mix(
        deviation_stats(values, 5), np.array([True, flagged]), ["latency", "latency"], [first, other]
    )
    assert not mixed[1]
    return bool(mixed[0])


def test_a_tail_that_rises_while_the_median_falls_is_another_mix() -> None:
    assert found(TAIL, MEDIAN)
    assert not found(TAIL, MEDIAN, flagged=False), "it has to fall as it never did"
    values = np.array([[9.0] * 5 + [60.0] * 5, [4.0] * 5 + [30.0] * 5])
    both = in_another_mix(deviation_stats(values, 5), np.ones(2, bool), ["latency"] * 2, [TAIL, MEDIAN])
    assert not both.any()


@pytest.mark.parametrize(
    ("first", "other", "same"),
    [
        ({"__name__": "request_ms", "quantile": "0.99"}, {"__name__": "request_ms", "quantile": "0.5"}, True),
        ({"__name__": "request_seconds"}, {"__name__": "request_seconds"}, True),  # two derivations
        (
            {"__name__": "Latency.P99", "id": "db::P99"},
            {"__name__": "Latency.Average", "id": "db::Average"},
            True,
        ),
        (TAIL, MEDIAN | {"service": "web"}, False),
        (TAIL | {"route": "/pay"}, MEDIAN | {"route": "/list"}, False),
        ({"__name__": "query_p99"}, {"__name__": "request_p50"}, False),
    ],
)
def test_statistics_of_one_thing_differ_in_nothing_else(
    first: dict[str, str], other: dict[str, str], same: bool
) -> None:
    assert found(first, other) is same


def test_only_latencies_count() -> None:
    values = np.array([[9.0] * 5 + [60.0] * 5, [4.0] * 5 + [2.0] * 5])
    mixed = in_another_mix(deviation_stats(values, 5), np.ones(2, bool), ["latency", "cpu"], [TAIL, MEDIAN])
    assert not mixed.any()
