"""The same window in 1, 4 or 16 shards gives the same report."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.analysis.conclude import conclude
from patternwatch.classifier.shape_classifier import PlainClassifier
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.shard_results import ShardResult
from tests.analysis.incidents import (
    RECORDED,
    RECORDED_KUBE,
    SETTINGS,
    SPLIT,
    made_up,
    recorded,
    report_of,
    request_of,
    results_of,
    up_or_down,
)

SMALL = SETTINGS.model_copy(update={"findings": 3, "candidates": 200})


@pytest.mark.parametrize("number", [4, 16])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), small=st.booleans())
def test_a_made_up_incident(number: int, seed: int, small: bool) -> None:
    series = made_up(seed=seed, services=12)
    for i, labels in enumerate(series.labels):
        labels["__name__"] += f"_{i % 7}"
    chosen = SMALL if small else SETTINGS
    assert encode(report_of(series, number, settings=chosen)) == encode(report_of(series, settings=chosen))


KUBE = [path for path in RECORDED_KUBE if path.stem.startswith(("container-gone", "node-lost"))]


@pytest.mark.parametrize("path", [*RECORDED, *KUBE], ids=lambda path: path.stem)
def test_a_recorded_incident(path: Path) -> None:
    _, window, series = recorded(path)
    whole = encode(report_of(series, 1, split=window.split_row))
    for number in (4, 16):
        request = request_of(series, window.split_row)
        results = results_of(request, series, number)
        assert len(results) >= number - 1
        travelled = [decode(encode(r), ShardResult) for r in reversed(results)]
        assert encode(conclude(request, travelled, PlainClassifier(up_or_down, "fake"), SETTINGS)) == whole


def test_the_recorded_incidents_are_there() -> None:
    assert len(RECORDED) >= 11
    assert len([path for path in RECORDED if "control" in path.name]) >= 2
    assert len(KUBE) == 3


def test_the_injected_service_is_in_the_top_three_of_recorded_incidents() -> None:
    placed = []
    for path in RECORDED:
        incident, window, series = recorded(path)
        report = report_of(series, split=window.split_row)
        if incident.truth and incident.truth.services:
            top = {e.entity for e in report.entities[:3]}
            placed.append(bool(top & set(incident.truth.services)))
    assert len(placed) >= 6
    assert sum(placed) >= 5 * len(placed) / 6


def test_a_result_of_a_shard_is_small_enough_to_travel() -> None:
    series = made_up(services=1000)
    series.values[:, SPLIT:] += 100.0 * np.arange(1, len(series) + 1)[:, None]
    (result,) = results_of(request_of(series), series)
    assert len(result.candidates) == 300
    assert len(encode(result)) < 900_000
