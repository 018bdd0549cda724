"""Metric types: asked for now and then, and done without where there are none."""

import asyncio
from typing import Any

import pytest

from patternwatch.contracts.errors import SourceLimitError, SourceRefusedError, SourceUnavailableError
from patternwatch.cortex.circuit_breaker import FIRST_PAUSE_S
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
    "error",
    [
        SourceRefusedError("no org id", status=401),
        SourceUnavailableError("away"),
        SourceLimitError("too large"),
        RuntimeError("nobody foresaw that"),
    ],
)
async def test_what_went_wrong_is_tried_again_soon_and_what_was_known_holds(error: Exception) -> None:
    clock = FakeClock()
    ask = Asked({"a": [{"type": "gauge"}]}, error, error, {"a": [{"type": "counter"}]})
    types = MetricTypes(ask, clock)
    assert await types.of("t") == {"a": "gauge"}
    clock.now += FRESH_S
    assert await types.of("t") == await types.of("t") == {"a": "gauge"}
    assert len(ask.tenants) == 2, "not with every shard"
    clock.now += FIRST_PAUSE_S
    assert await types.of("t") == {"a": "gauge"}
    clock.now += 2 * FIRST_PAUSE_S
    assert await types.of("t") == {"a": "counter"}


async def test_a_slow_answer_is_done_without() -> None:
    asked = 0

    async def ask(tenant: str, limit: int) -> Any:
        nonlocal asked
        asked += 1
        await asyncio.Event().wait()

    types = MetricTypes(ask, FakeClock(), deadline_s=0.01)
    assert await types.of("t") == await types.of("t") == {}
    assert asked == 1


async def test_several_tenants_are_asked_one_by_one_where_they_are_refused_together() -> None:
    both = SourceRefusedError("multiple org IDs present", status=400)
    one = {"a": [{"type": "gauge"}], "b": [{"type": "gauge"}]}
    other = {"b": [{"type": "counter"}], "c": [{"type": "counter"}]}
    ask = Asked(both, one, other)
    types = MetricTypes(ask, FakeClock())
    assert await types.of("t|u") == await types.of("t|u") == {"a": "gauge", "c": "counter"}
    assert [tenant for tenant, _ in ask.tenants] == ["t|u", "t", "u"]


async def test_of_several_tenants_one_that_does_not_tell_costs_only_its_own_types() -> None:
    clock = FakeClock()
    both, away = SourceRefusedError("multiple org IDs", status=400), SourceUnavailableError("away")
    known = {"a": [{"type": "gauge"}]}
    ask = Asked(both, known, away, both, known, {"b": [{"type": "counter"}]})
    types = MetricTypes(ask, clock)
    assert await types.of("t|u") == {"a": "gauge"}
    clock.now += FIRST_PAUSE_S
    assert await types.of("t|u") == {"a": "gauge", "b": "counter"}


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
