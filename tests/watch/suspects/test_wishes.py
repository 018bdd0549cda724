"""Pods that somebody took away open nothing; pods that are gone beyond that do."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects
from patternwatch.watch.suspects.wishes import unasked
from tests.watch.small_cluster import STEP_MS, Values, batch_of, labels_of, rows_of, watched

PODS = [f"svc2-5d4f8c7b9-x2x{pod}k" for pod in range(3)]
OWNER = {"namespace": "shop", "deployment": "svc2"}
NAMES = "spec_replicas", "status_replicas_available", "status_replicas", "metadata_generation"
SHOP = labels_of(services=4)
LABELS = [
    *SHOP,
    *({"__name__": f"kube_deployment_{name}", **OWNER} for name in NAMES),
    *({"__name__": "kube_pod_status_ready", "namespace": "shop", "pod": pod} for pod in PODS),
]
LEARNED, ROWS = 600, 40


def replicas(rows: int) -> Values:
    """Three pods are wished for, and three are there; it is the first generation."""
    return np.repeat([[3.0], [3.0], [3.0], [1.0], [1.0], [1.0], [1.0]], rows, axis=1)


@pytest.mark.parametrize(("wished", "ready", "opens"), [(2, 2, False), (3, 2, True), (2, 1, True)])
def test_only_what_nobody_asked_for_opens(wished: int, ready: int, opens: bool) -> None:
    watch = ClusterWatch(AnalysisSettings(), STEP_MS)
    past = np.vstack([rows_of(SHOP, LEARNED, seed=1), replicas(LEARNED)])
    watch.learn(batch_of(LABELS, past, -LEARNED))
    values = np.vstack([rows_of(SHOP, ROWS, seed=2), replicas(ROWS)])
    kube = values[len(SHOP) :, 10:]
    kube[0], kube[1], kube[2] = wished, ready, wished
    kube[3] += wished != 3
    kube[4 + ready :] = 0.0
    assert any(one.opening for one in watched(watch, LABELS, values)) == opens


def test_notes_of_scrapes_and_high_water_marks_are_no_evidence_but_that_scrapes_fail_is() -> None:
    members = Members(AnalysisSettings(), STEP_MS)
    names = "up", "scrape_samples_scraped", "redis_memory_used_peak_bytes", "redis_connected_clients"
    labels = [{"__name__": name, "job": "redis", "instance": "cache-1:9121"} for name in names]
    slots, _ = members.place(labels, [""] * 4)
    score = np.full(4, 9.0, np.float32)
    kept = unasked(Suspects(slots, np.zeros(4, np.bool_), score, score), members)
    assert [members.labels[slot]["__name__"] for slot in kept.slots] == ["up", "redis_connected_clients"]
