"""What the doctor says of a tenant's labels."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from patternwatch.analysis.identity.survey import survey_of
from patternwatch.cli.doctor_labels import check_labels, label_checks
from patternwatch.contracts.checks import Check
from patternwatch.contracts.settings import AnalysisSettings, SourceSettings, TenantSettings
from tests.cortex.faulty_server import Series, State, faulty_server
from tests.support import free_port

KUBELET = {"job": "kubelet", "service": "kubelet", "instance": "10.0.1.4:10250", "node": "n4"}
LABELS = [
    *(
        {"__name__": "container_cpu_usage_seconds_total", "namespace": place, **KUBELET}
        | {"pod": f"{name}-5f6585d649-fnmf{letter}"}
        for place, name in (("shop", "cart"), ("shop", "web"), ("staging", "cart"))
        for letter in "bcd"
    ),
    {"__name__": "node_load1", "job": "node", "instance": "10.0.1.4:9100"},
    {"__name__": "up", "job": "billing", "instance": "10.0.2.2:80"},
    {"__name__": "answers"},
]
ANALYSIS = AnalysisSettings(step_ms=1000, rows=120)


def told(labels: list[dict[str, str]]) -> dict[str, Check]:
    return {check.name: check for check in label_checks("a", survey_of(labels, ANALYSIS))}


def test_entities_by_kind_with_examples() -> None:
    entities = told(LABELS)["entities"].finding
    assert "3 deployment (shop/cart, staging/cart, web)" in entities
    assert "1 node (10.0.1.4)" in entities
    assert "1 job (billing)" in entities


def test_who_tells_of_how_many_series() -> None:
    assert told(LABELS)["told by"].finding == (
        "cAdvisor (9 series), programs themselves (2 series), node_exporter (1 series)"
    )


def test_names_of_several_entities() -> None:
    assert told(LABELS)["same names"].finding == (
        "1 names mean several entities: cart (shop/cart, staging/cart)"
    )
    assert "same names" not in told(LABELS[3:6])


def test_series_without_an_entity_are_a_warning_where_they_are_many() -> None:
    missing = told(LABELS)["no entity"]
    assert (missing.verdict, missing.finding) == ("warn", "1 of 12 series name no entity: answers (1)")
    assert "entity_labels" in missing.remedy
    assert told(LABELS * 1 + LABELS[:-1] * 3)["no entity"].verdict == "ok"


@pytest.fixture
def server() -> Iterator[tuple[str, State]]:
    with faulty_server() as (url, state):
        now_ms = time.time_ns() // 1_000_000
        for own in LABELS[:3]:
            state.series.append(Series(own, {now_ms - n * 1000: float(n) for n in range(130)}))
        yield url, state


def visited(url: str) -> dict[str, Check]:
    source = SourceSettings(url=url, timeout_s=60, tries=1)
    tenant = TenantSettings(id="a", selector='{job="kubelet"}')
    return {check.name: check for check in asyncio.run(check_labels(source, tenant, ANALYSIS))}


def test_a_sample_is_read_from_the_source(server: tuple[str, State]) -> None:
    assert "1 deployment (cart)" in visited(server[0])["entities"].finding


def test_a_source_that_is_away_is_a_warning() -> None:
    assert visited(f"http://127.0.0.1:{free_port()}")["entities"].verdict == "warn"
