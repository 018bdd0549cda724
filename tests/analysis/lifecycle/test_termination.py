"""A pod that is ended on purpose is not ready first: no trouble. What hurt it before that still is."""

import numpy as np
import pytest

from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS, SPLIT
from tests.analysis.lifecycle.worlds import Hurt, World, kinds, pod

BORN = SPLIT + 12
ROWS_OF_GRACE = 3


def rolled_out(hurt: Hurt = None, *, replaced: bool = True) -> World:
    """A service of three pods, as kube-state-metrics tells it too; the old pods hurt before they end."""
    world = World()
    world.services(6)
    for n in range(3):
        turn, old = BORN + 2 * n, pod("search", n)
        world.replica(old, hurt, gone=turn + 1)
        told = {"job": "kube-state-metrics", "namespace": "shop", "pod": old["pod"], "condition": "true"}
        ready = world.add("kube_pod_status_ready", 1.0, **told)
        ready[turn + 1 - ROWS_OF_GRACE :] = 0.0
        ready[turn + 3 :] = np.nan  # told a little longer than it lives
        if replaced:
            world.replica(pod("search", n, template="77d8c9f5bd"), born=turn)
    own = {"job": "kube-state-metrics", "namespace": "shop", "replicaset": "search-5d4f8c7b9"}
    for name in ("kube_replicaset_spec_replicas", "kube_replicaset_status_ready_replicas"):
        world.add(name, 3.0, **own)[BORN:] = 0.0
    return world


def test_pods_that_a_release_ends_are_no_trouble_for_being_not_ready() -> None:
    report = rolled_out().report()
    assert kinds(report) == ["rollout"]
    assert not [e for e in report.entities if e.score >= CLEAR_SCORE]
    assert not [f for f in report.findings if f.labels["__name__"].startswith("kube_") and f.score > 0.0]


def test_what_hurt_the_old_pods_before_a_release_is_still_told() -> None:
    report = rolled_out({"http_requests_errors_total": 40.0}).report()
    assert kinds(report) == ["rollout"]
    assert (report.entities[0].entity, report.entities[0].score > CLEAR_SCORE) == ("search", True)


def test_pods_that_end_by_no_ones_intention_are_trouble() -> None:
    report = rolled_out(replaced=False).report()
    assert report.entities[0].entity == "search"
    assert report.entities[0].score > CLEAR_SCORE


@pytest.mark.parametrize("shards", [1, 4])
def test_in_however_many_shards(shards: int) -> None:
    report = rolled_out().report(shards)
    assert not [e for e in report.entities if e.score >= CLEAR_SCORE]


def drained(after: int) -> World:
    """One of three pods is put elsewhere, `after` rows later; its target is scraped in vain for a while."""
    world = World()
    world.services(6)
    for n in range(3):
        own = pod("search", n)
        world.replica(own, gone=BORN if n == 1 else ROWS)
        up = world.add("up", 1.0, **own)
        if n == 1:
            up[BORN:], up[BORN + 4 :] = 0.0, np.nan
    world.replica(pod("search", 7), born=BORN + after)
    return world


@pytest.mark.parametrize(("after", "is_quiet"), [(-2, True), (1, True), (12, True), (14, False)])
def test_a_pod_that_is_put_elsewhere_at_once_was_ended_on_purpose(after: int, is_quiet: bool) -> None:
    report = drained(after).report()
    assert kinds(report) == ["replaced"]
    strongest = max((e.score for e in report.entities), default=0.0)
    assert (strongest < CLEAR_SCORE) is is_quiet


def switched(traffic: float) -> World:
    """Blue and green side by side, blue ended long after green has `traffic` of what it answered."""
    world = World()
    world.services(6)
    idle = {"http_request_duration_seconds": 1.6, "process_resident_memory_bytes": 0.7}
    for n in range(4):
        world.replica(pod("search", n), idle | {"http_requests_total": 1.0 - traffic}, gone=SPLIT + 40)
        world.replica(pod("search", n, template="77d8c9f5bd"), born=SPLIT - 30)
    return world


@pytest.mark.parametrize(("traffic", "is_quiet"), [(0.98, True), (0.5, False)])
def test_what_an_idle_replica_tells_until_it_is_ended_is_its_leaving(traffic: float, is_quiet: bool) -> None:
    report = switched(traffic).report()
    assert kinds(report) == ["rollout"]
    strongest = max((e.score for e in report.entities), default=0.0)
    assert (strongest < CLEAR_SCORE) is is_quiet
