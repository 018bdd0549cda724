"""What a change must reach to count, in a series' own unit."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.bank.floors import absolute_floors
from patternwatch.watch.members.members import Members


@pytest.mark.parametrize(
    ("name", "derivation", "least"),
    [
        ("http_request_duration_seconds", "p99", 0.001),
        ("http_request_duration_milliseconds", "p50", 1.0),
        ("redis_latency_percentiles_usec", "", 1000.0),
        ("answer_time", "mean", 0.0),
        ("container_memory_working_set_bytes", "", 0.0),
    ],
)
def test_a_latency_counts_from_a_millisecond_on(name: str, derivation: str, least: float) -> None:
    members = Members(AnalysisSettings(), 30_000)
    slots, _ = members.place([{"__name__": name, "service": "cart"}], [derivation])
    level = np.full(len(members), np.nan, dtype=np.float32)
    assert absolute_floors(members, level)[slots].tolist() == pytest.approx([least])
