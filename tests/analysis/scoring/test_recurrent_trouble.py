"""Bursts in the baseline: a fault that goes on and off is found, the habit of a job is none."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from patternwatch.analysis.scoring.recurrent_trouble import past_trouble
from patternwatch.contracts.codec import encode
from patternwatch.contracts.series import SeriesBatch
from tests.analysis.incidents import ROWS, SPLIT, START_MS, STEP_MS, batch, report_of

Spans = Sequence[tuple[int, int]]
METRICS = {
    "cpu_usage": 1.0,
    "memory_bytes": 2.0,
    "latency_seconds": 0.5,
    "errors_total": 1.0,
    "requests_total": 3.0,
    "disk_written_bytes": 1.0,
}
SHARE = "availability"
EVEN = [(row, row + 10) for row in range(8, ROWS, 30)]
UNEVEN = [(15, 25), (70, 74), (100, 130), (200, 206), (241, 255), (270, 290)]
ONCE = [(20, 40), (242, 262)]
LONG = [(100, 200), (245, 300)]
FAULT = {"errors_total": 30.0, "latency_seconds": 15.0, "cpu_usage": 20.0}


def world(spans: Spans, moved: Mapping[str, float], seed: int = 0, phi: float = 0.5) -> SeriesBatch:
    """Twelve services of AR(1) noise; one of them moves by so much in these rows."""
    rng = np.random.default_rng(seed)
    names = [(f"service-{k}", metric) for k in range(12) for metric in (*METRICS, SHARE)]
    noise = rng.normal(size=(len(names), ROWS))
    for row in range(1, ROWS):
        noise[:, row] += phi * noise[:, row - 1]
    usual, spread = np.array([(100.0, 0.2) if m == SHARE else (50.0, METRICS[m]) for _, m in names]).T
    values = usual[:, None] + spread[:, None] * noise
    for i, (service, metric) in enumerate(names):
        if service == "service-3":
            for begin, end in spans:
                values[i, begin:end] += moved.get(metric, 0.0) * rng.uniform(0.8, 1.2)
    labels = [{"__name__": m, "service": s, "cluster": "shop"} for s, m in names]
    return batch(labels, values)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spans", [EVEN, UNEVEN, ONCE, LONG], ids=["even", "uneven", "once", "long"])
def test_a_fault_that_goes_on_and_off_is_found_though_it_did_so_before(spans: Spans, seed: int) -> None:
    report = report_of(world(spans, FAULT, seed))
    assert report.entities[0].entity == "service-3"
    assert report.entities[0].score > 4.0
    assert report.how_sure != "low"
    assert report.onset_ms is not None
    assert report.onset_ms >= START_MS + 199 * STEP_MS  # the one before may end there
    told = [e.text for f in report.findings for e in f.evidence if e.detector == "past trouble"]
    assert len(told) == 3
    times = {EVEN[0]: "8 times", UNEVEN[0]: "4 times"}.get(spans[0], "once")
    assert told[0].startswith(f"the same {times} before, first at 08:5" if spans != LONG else "the same once")


@pytest.mark.parametrize(
    "moved",
    [
        {"latency_seconds": 15.0, "requests_total": -40.0},
        {"latency_seconds": 15.0, "memory_bytes": 60.0},
        {SHARE: -60.0, "cpu_usage": 20.0, "requests_total": 50.0},
        {"errors_total": 30.0, "cpu_usage": 30.0},
    ],
    ids=["slow, and less comes through", "slow by memory", "successes fall", "errors and work, no traffic"],
)
def test_what_no_work_explains_is_trouble(moved: dict[str, float]) -> None:
    assert report_of(world(UNEVEN, moved)).entities[0].entity == "service-3"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spans", [EVEN, UNEVEN, ONCE], ids=["even", "uneven", "once"])
@pytest.mark.parametrize(
    "moved",
    [
        {"cpu_usage": 30.0, "disk_written_bytes": 80.0, "memory_bytes": 60.0, "latency_seconds": 15.0},
        {"requests_total": 80.0, "errors_total": 20.0, "latency_seconds": 15.0, "cpu_usage": 20.0},
        {"errors_total": 30.0},
        {"cpu_usage": 30.0, "memory_bytes": 60.0},
    ],
    ids=["batch job", "load with its errors", "errors alone", "backup"],
)
def test_the_habit_of_a_job_stays_quiet(spans: Spans, moved: dict[str, float], seed: int) -> None:
    found = report_of(world(spans, moved, seed))
    assert "service-3" not in {entity.entity for entity in found.entities}


@pytest.mark.parametrize("spans", [[(20, 40)], [(242, 262)], []], ids=["before", "now", "never"])
def test_what_is_not_on_both_sides_changes_nothing(spans: Spans) -> None:
    series = world(spans, FAULT)
    categories = ["cpu", "memory", "latency", "error", "traffic", "disk", "availability"] * 12
    services = [labels["service"] for labels in series.labels]
    assert not past_trouble(series.values, SPLIT, categories, services).any()


def test_noise_of_any_kind_hardly_ever_recurs() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate(
        [
            rng.exponential(size=(600, ROWS)),
            rng.standard_t(3, size=(600, ROWS)),
            rng.poisson(0.05, (600, ROWS)),
        ]
    )
    services = [str(i // 6) for i in range(len(values))]
    categories = ["cpu", "error", "latency", "traffic", "availability", "memory"] * (len(values) // 6)
    assert not past_trouble(values.astype(np.float64), SPLIT, categories, services).any()


def test_one_shard_or_many_see_the_same() -> None:
    series = world(UNEVEN, FAULT)
    assert encode(report_of(series, 4)) == encode(report_of(series)) == encode(report_of(series, 16))
