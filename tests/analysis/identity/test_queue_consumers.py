"""A queue that grows is its consumer's trouble where the jobs of it take longer."""

import numpy as np
import pytest

from patternwatch.analysis.identity.queue_consumers import with_queues_of_consumers
from patternwatch.contracts.subject import Subject
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

INGEST = Subject("deployment", "pod", "ingest", pod="ingest-1")
WORKER = Subject("deployment", "pod", "worker", cluster="", pod="worker-1", node="n1", instance="10.0.0.1:80")
OTHER = Subject("deployment", "pod", "other")
LAG, TOOK = {"__name__": "queue_lag"}, {"__name__": "job_seconds"}
UPLOADS, MAILS = {"queue": "uploads"}, {"topic": "mails"}


@pytest.mark.parametrize(
    ("lag", "jobs", "told"),
    [
        (UPLOADS, [(UPLOADS, WORKER)], "worker"),
        ({"topic": "uploads"}, [(UPLOADS, WORKER)], "worker"),
        (UPLOADS, [(MAILS, WORKER)], "ingest"),
        (UPLOADS, [], "ingest"),
        ({}, [({}, WORKER)], "ingest"),
        (UPLOADS, [(UPLOADS, WORKER), (UPLOADS, OTHER)], "ingest"),
        (UPLOADS, [(UPLOADS, Subject("deployment", "pod", "worker", cluster="south"))], "ingest"),
    ],
    ids=["slow", "another label", "another queue", "not slow", "no queue", "two", "another cluster"],
)
def test_the_length_of_a_queue_is_told_of_the_one_who_is_slow_at_it(
    lag: dict[str, str], jobs: list[tuple[dict[str, str], Subject]], told: str
) -> None:
    labels = [LAG | lag, *(TOOK | own for own, _ in jobs)]
    categories = ["saturation", *("latency" for _ in jobs)]
    found = with_queues_of_consumers(labels, categories, [INGEST, *(subject for _, subject in jobs)])
    assert found[0].name == told
    assert found[1:] == [subject for _, subject in jobs]


def test_it_is_told_of_no_replica() -> None:
    found = with_queues_of_consumers(
        [LAG | UPLOADS, TOOK | UPLOADS], ["saturation", "latency"], [INGEST, WORKER]
    )
    assert found[0] == Subject("deployment", "pod", "worker")


def test_the_consumer_comes_first_though_its_queue_moved_farther() -> None:
    rng = np.random.default_rng(1)
    labels = [
        {"__name__": "queue_length", "service": "ingest", **UPLOADS},
        {"__name__": "http_requests_in_flight", "service": "ingest"},
        {"__name__": "job_duration_seconds", "service": "worker", **UPLOADS},
    ]
    moved = np.array([[40.0], [1.0], [3.0]]) * (np.arange(ROWS) >= SPLIT)
    report = report_of(batch(labels, 10 + rng.normal(size=(3, ROWS)) * 0.2 + moved))
    assert report.entities[0].entity == "worker"
    assert "queue_length" in {f.labels["__name__"] for f in report.findings if f.entity == "worker"}
