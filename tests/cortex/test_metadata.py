"""Metric types: asked for now and then, and done without where there are none."""

from typing import Any

import pytest

from patternwatch.contracts.errors import SourceRefusedError, SourceUnavailableError
from patternwatch.cortex.matrix import matrix_series
from patternwatch.cortex.metadata import FRESH_S, MAX_METRICS, MetricTypes, type_of
from patternwatch.cortex.native_histograms import NATIVE_LABEL
from tests.fakes.clock import FakeClock


class Asked:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.tenants: list[tuple[str, int]] = []

    async def __call__(self, tenant: str, limit: int) -> Any:
        self.tenants.append((tenant, limit))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_types_are_asked_for_once_and_again_when_they_are_old() -> None:
    clock = FakeClock()
    ask = Asked({"a": [{"type": "counter"}]}, {"a": [{"type": "gauge"}]})
    types = MetricTypes(ask, clock)
    assert await types.of("t") == await types.of("t") == {"a": "counter"}
    clock.now += FRESH_S
    assert await types.of("t") == {"a": "gauge"}
    assert ask.tenants == [("t", MAX_METRICS)] * 2


async def test_targets_that_disagree_leave_a_type_unknown() -> None:
    found = {"a": [{"type": "counter"}, {"type": "gauge"}], "b": [], "c": [{"type": "gauge"}] * 2}
    types = await MetricTypes(Asked(found), FakeClock()).of("t")
    assert types == {"c": "gauge"}


async def test_without_metadata_there_are_no_types_for_a_while() -> None:
    clock = FakeClock()
    ask = Asked(SourceRefusedError("no such page", status=404), {"a": [{"type": "gauge"}]})
    types = MetricTypes(ask, clock)
    assert await types.of("t") == await types.of("t") == {}
    clock.now += FRESH_S
    assert await types.of("t") == {"a": "gauge"}


@pytest.mark.parametrize(
    "error", [SourceRefusedError("no org id", status=401), SourceUnavailableError("away")]
)
async def test_a_source_that_is_away_or_locked_is_not_one_without_metadata(error: Exception) -> None:
    types = MetricTypes(Asked(error, {"a": [{"type": "gauge"}]}), FakeClock())
    with pytest.raises(type(error)):
        await types.of("t")
    assert await types.of("t") == {"a": "gauge"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("wait_seconds_bucket", "histogram"),
        ("wait_seconds_sum", "histogram"),
        ("jobs_total", "counter"),
        ("build_info", "info"),
        ("wait_seconds_total", "histogram"),
        ("something_else", "unknown"),
    ],
)
def test_a_part_has_the_type_of_its_family(name: str, kind: str) -> None:
    assert type_of(name, {"wait_seconds": "histogram", "jobs": "counter", "build": "info"}) == kind


def test_native_histograms_are_read_and_floats_beside_them_kept() -> None:
    native = [[1, {"count": "3", "sum": "5", "buckets": []}]]
    raw = matrix_series(
        [
            {"metric": {"__name__": "h"}, "histograms": native},
            {"metric": {"__name__": "i"}, "histograms": native, "values": [[2.5, "7"]]},
            {"metric": {"__name__": "g"}, "values": [[1, "NaN"], [1.001, "+Inf"], [2, "1e3"]]},
        ],
        {"g": "gauge"},
    )
    told = [(labels["__name__"], labels.get(NATIVE_LABEL, "")) for labels in raw.labels]
    assert told == [("g", ""), ("h", "count"), ("h", "sum"), ("i", ""), ("i", "count"), ("i", "sum")]
    assert raw.types == ["gauge", "histogram", "histogram", "unknown", "histogram", "histogram"]
    assert raw.timestamps.tolist() == [1000, 1001, 2000, 1000, 1000, 2500, 1000, 1000]
    assert raw.skipped == {}
