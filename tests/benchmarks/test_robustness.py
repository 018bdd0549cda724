"""What a recording is perturbed by leaves its cause what it is."""

import json
import shutil
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.perturbed import BY_CHANCE, PERTURBATIONS, Recording
from benchmarks.robustness import benchmark
from patternwatch.cortex.bundle import Incident, Truth
from patternwatch.cortex.raw import ragged

INCIDENTS = Path(__file__).resolve().parents[2] / "examples" / "incidents_kube"
LABELS = [
    {"__name__": "http_request_duration_seconds_bucket", "service": "cart", "le": "0.5"},
    {"__name__": "http_request_duration_seconds_bucket", "service": "cart", "le": "+Inf"},
    {"__name__": "http_request_duration_seconds_sum", "service": "cart"},
    {"__name__": "http_request_duration_seconds_count", "service": "cart"},
    {"__name__": "up", "job": "redis-cart", "instance": "cart-7:80"},
]


def perturbed(name: str, seed: int = 0) -> Recording:
    times = np.arange(0, 10_000, 1000)
    truth = Truth(services=["redis-cart"])
    incident = Incident(name="made", step_ms=1000, start_ms=0, end_ms=9000, at_ms=6000, truth=truth)
    number = len(LABELS)
    series = ragged(LABELS, ["gauge"] * number, [times] * number, [np.arange(10.0)] * number)
    return PERTURBATIONS[name](incident, series, np.random.default_rng(seed))


def test_some_series_are_dropped_but_never_all_of_the_cause() -> None:
    kept = [perturbed("dropped", seed)[1].labels for seed in range(40)]
    assert all(LABELS[4] in labels for labels in kept)
    assert 3.5 < np.mean([len(labels) for labels in kept]) < 4.9


def test_the_alert_moves_by_two_rows_and_the_samples_stay() -> None:
    assert [perturbed(name)[0].at_ms for name in ("sooner", "later")] == [4000, 8000]
    assert len(perturbed("later")[1].values) == 50


def test_what_names_a_service_bears_its_other_name_and_what_says_what_it_is_stays() -> None:
    incident, series = perturbed("renamed")
    assert incident.truth is not None
    store = incident.truth.services[0]
    by_name = {labels["__name__"]: labels for labels in series.labels}
    assert store.startswith("redis-")
    assert store != "redis-cart"
    service = by_name["http_request_duration_seconds_sum"]["service"]
    assert store == f"redis-{service}"
    assert by_name["up"] == {"__name__": "up", "job": store, "instance": f"{service}-7:80"}


def test_every_second_sample_stays() -> None:
    incident, series = perturbed("coarser")
    assert incident.step_ms == 2000
    assert series.timestamps[:5].tolist() == [0, 2000, 4000, 6000, 8000]


def test_a_thousand_unrelated_series_stand_beside_it() -> None:
    series = perturbed("crowded")[1]
    assert len(series) == 1000 + len(LABELS)
    assert np.isfinite(series.values).all()


def test_a_latency_in_another_unit_is_a_thousand_times_as_large() -> None:
    series = perturbed("rescaled")[1]
    last = {
        (own["__name__"], own.get("le")): series.values[series.offsets[i + 1] - 1]
        for i, own in enumerate(series.labels)
    }
    name = "http_request_duration_seconds"
    assert last == {
        (f"{name}_bucket", "500.0"): 9,
        (f"{name}_bucket", "+Inf"): 9,
        (f"{name}_sum", None): 9000,
        (f"{name}_count", None): 9,
        ("up", None): 9,
    }


def test_what_does_not_go_by_chance_is_the_same_with_every_seed() -> None:
    for name in PERTURBATIONS:
        (one, series), (other, others) = (perturbed(name, seed) for seed in (1, 2))
        same = (one, series.labels) == (other, others.labels) and np.array_equal(series.values, others.values)
        assert same is (name not in BY_CHANCE), name


def test_a_row_tells_each_difference_to_what_was_recorded(tmp_path: Path) -> None:
    shutil.copy(INCIDENTS / "cpu-limit-frontend-s1.parquet", tmp_path)
    reported = str(tmp_path / "reports.jsonl")
    found = benchmark(Namespace(folders=[str(tmp_path)], seeds=2, only=None, reports=reported))
    row, macro = found["results"]
    assert row["source"] == "testbed-kube"
    assert (row["n"], row["ac1"]) == (1, 1.0)
    assert {name: row[name] for name in PERTURBATIONS} == {name: macro[name] for name in PERTURBATIONS}
    assert all(row[name] in (0.0, -1.0) for name in PERTURBATIONS.keys() - BY_CHANCE)
    assert all(row[name] in (0.0, -0.5, -1.0) for name in BY_CHANCE)
    reports = (tmp_path / "reports.jsonl").read_text().splitlines()
    assert len(reports) == 1 + len(PERTURBATIONS) + len(BY_CHANCE)
    assert found["figures"]["macro_ac1"] == 1.0


def test_one_perturbation_is_tried_alone(tmp_path: Path) -> None:
    shutil.copy(INCIDENTS / "cpu-limit-frontend-s1.parquet", tmp_path)
    reported = tmp_path / "reports.jsonl"
    only = benchmark(Namespace(folders=[str(tmp_path)], seeds=1, only=["crowded"], reports=str(reported)))
    assert set(only["figures"]) >= {"macro_ac1", "macro_crowded"}
    assert not {"macro_dropped", "macro_later"} & set(only["figures"])
    told = [json.loads(line) for line in reported.read_text().splitlines()]
    assert [answer["perturbation"] for answer in told] == ["recorded", "crowded"]
    assert told[1]["entities"][0][0] == "frontend"


def test_a_folder_without_a_known_cause_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no bundles with a known cause"):
        benchmark(Namespace(folders=[str(tmp_path)], seeds=1, only=None, reports=None))
