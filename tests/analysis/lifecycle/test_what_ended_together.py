"""What ended together for one reason: a scraper, a node, a source; and that no all-clear is said over it."""

import numpy as np
import pytest

from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.judgement import lifecycle_of
from patternwatch.contracts.report import Report
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS, SETTINGS, request_of, results_of
from tests.analysis.lifecycle.worlds import ROW, World, kinds, pod, troubles


def test_one_of_two_scrapers_that_stops_is_told_instead_of_its_targets() -> None:
    world = World()
    for name in "abcdef":
        world.replica({**pod(f"north-{name}", 0), "prometheus": "north"}, gone=ROW)
        for number in ("1", "2"):
            world.replica({**pod(f"south-{name}{number}x", 0), "prometheus": "south"})
    report = world.report()
    (event,) = troubles(report)
    assert (event.kind, event.entity, event.series) == ("scrape_gap", "shop/north", 30)
    assert report.entities == []
    assert report.verdict.startswith("All 30 series of 6 workloads of shop/north stopped together at ")
    assert "nothing abnormal" in report.verdict


def test_half_of_all_that_stops_together_is_no_outage_of_each() -> None:
    world = World()
    world.services(5)
    for name in "abcdef":
        world.replica(pod(f"gone-{name}", 0), gone=ROW)
    report = world.report()
    assert [e.kind for e in troubles(report)] == ["scrape_gap"]
    assert report.entities == []
    assert report.no_all_clear == "30 of 80 series ended inside the window"


def test_a_gap_that_closes_is_no_news() -> None:
    world = World()
    world.services(6)
    world.end(ROW, ROW + 10)
    report = world.report()
    assert (report.events, report.no_all_clear) == ([], "")


def test_a_lost_node_is_named_with_its_pods() -> None:
    world = World()
    for n, name in enumerate("abcdefgh"):
        for k in range(3):
            own = pod(f"svc-{name}", k, node=f"node-{(n + k) % 4}")
            world.replica(own, gone=ROW + (n % 3) if (n + k) % 4 == 2 else ROWS)
    for n in range(4):
        own = {
            "pod": f"kube-proxy-q7w8{'bcdf'[n]}",
            "namespace": "kube-system",
            "node": f"node-{n}",
            "job": "kubelet",
        }
        world.replica(own, gone=ROW + 1 if n == 2 else ROWS)
    report = world.report()
    (event,) = [e for e in report.events if e.kind == "node_lost"]
    assert (event.entity, event.replicas, event.is_trouble) == ("node-2", 7, True)
    assert report.verdict.startswith("Node node-2 was lost: all of its 7 pods, of 7 workloads, ended from ")


def test_the_pods_of_a_lost_node_are_missed_though_others_took_their_place_at_once() -> None:
    world, rows = World(), np.arange(ROWS)
    for n, name in enumerate("abcdefgh"):
        for k in range(3):
            on = (n + k) % 4
            own = pod(f"svc-{name}", k, node=f"node-{on}")
            world.replica(own, gone=ROW if on == 2 else ROWS)
            scraped = world.add("up", np.where((rows >= ROW) & (on == 2), 0.0, 1.0), **own)
            scraped[ROW + 12 if on == 2 else ROWS :] = np.nan
            if on == 2:
                world.replica(pod(f"svc-{name}", k + 10, node="node-1"), born=ROW + 2)
    for n in range(4):
        daemon = {"pod": f"kube-proxy-q7w8{'bcdf'[n]}", "namespace": "kube-system", "job": "kubelet"}
        world.replica({**daemon, "node": f"node-{n}"}, gone=ROW if n == 2 else ROWS)
    series = world.batch()
    request = request_of(series)
    results = results_of(request, series, 1, SETTINGS)
    life = lifecycle_of(request.window, results, ROWS - 1, Scope(results, SETTINGS))
    assert [node.name for node in life.lost_nodes] == ["node-2"]
    assert life.series.leaving == {}  # ended on purpose: what they tell at their end would not be judged


def test_a_pod_that_comes_again_by_its_name_was_lost_with_its_node() -> None:
    world = World()
    for n, name in enumerate("abcdefgh"):
        for k in range(3):
            on = (n + k) % 4
            world.replica(pod(f"svc-{name}", k, node=f"node-{on}"), gone=ROW if on == 3 else ROWS)
    redis = {"pod": "redis-0", "namespace": "shop", "job": "redis"}
    world.replica({**redis, "node": "node-3", "instance": "10.1.3.9:9121"}, gone=ROW + 1)
    world.replica({**redis, "node": "node-0", "instance": "10.1.0.9:9121"}, born=ROW + 20)
    report = world.report()
    assert [(e.entity, e.replicas) for e in report.events if e.kind == "node_lost"] == [("node-3", 7)]
    assert report.entities[0].entity == "node-3"


def silent_node(goes_on: str, job: str = "kube-state-metrics") -> Report:
    """Eight rows after a node fell silent, of which Kubernetes still tells, but for those that go on.

    job  that scrapes kube-state-metrics
    """
    world = World()
    outside = {"job": job, "namespace": "shop"}
    for n, name in enumerate("abcdefgh"):
        for k in range(2):
            at = f"node-{(n + k) % 4}"
            own = pod(f"svc-{name}", k, node=at)
            world.replica(own, gone=ROWS if at != "node-2" or name in goes_on else ROW + n % 2)
            world.add("kube_pod_status_ready", 1.0, pod=own["pod"], node=at, condition="true", **outside)
    bare = {"pod": "bare-7d9f8c6b5-xk2lp", "node": "node-2"}  # of which nothing is told from inside
    world.add("kube_pod_status_ready", 1.0, condition="true", **bare, **outside)
    for n in range(4):
        own = {"job": "node-exporter", "node": f"node-{n}", "instance": f"10.1.0.{n}:9100"}
        for metric in ("node_load1", "node_memory_MemAvailable_bytes", "node_sockstat_TCP_alloc"):
            values = world.add(metric, 5.0 + world.rng.normal(size=ROWS), **own)
            values[ROW if n == 2 and "node" not in goes_on else ROWS :] = np.nan
    for values in world.values:
        values[ROW + 8 :] = np.nan
    return world.report()


@pytest.mark.parametrize("job", ["kube-state-metrics", "ksm", "kubernetes-service-endpoints"])
def test_a_node_is_lost_before_kubernetes_gives_it_up(job: str) -> None:
    report = silent_node("", job)
    (event,) = [e for e in report.events if e.kind == "node_lost"]
    assert (event.entity, event.replicas) == ("node-2", 4)
    assert report.entities[0].entity == "node-2"
    assert event.text.startswith(
        "node node-2 was lost: what is asked there, and in all of its 4 pods, of 4 workloads, fell silent "
    )


@pytest.mark.parametrize("goes_on", ["node", "c"])
def test_a_node_on_which_something_answers_is_not_lost(goes_on: str) -> None:
    assert "node_lost" not in kinds(silent_node(goes_on))


def test_a_drained_node_keeps_its_daemons_and_is_not_lost() -> None:
    world = World()
    for n, name in enumerate("abcdefgh"):
        for k in range(3):
            on = (n + k) % 4
            world.replica(pod(f"svc-{name}", k, node=f"node-{on}"), gone=ROW if on == 2 else ROWS)
            if on == 2:
                world.replica(pod(f"svc-{name}", k + 10, node="node-1"), born=ROW + 2)
    world.replica({"pod": "kube-proxy-q7w8b", "namespace": "kube-system", "node": "node-2", "job": "kubelet"})
    report = world.report()
    assert set(kinds(report)) == {"replaced"}
    assert all(e.score < 2.0 for e in report.entities)


def drained(cordoned: float, again: int = ROW) -> Report:
    """A node of which all pods end, and come again elsewhere from a row on, after it was closed to pods."""
    world = World()
    for n, name in enumerate("abcdefgh"):
        for k in range(2):
            at = f"node-{(n + k) % 4}"
            world.replica(pod(f"svc-{name}", k, node=at), gone=ROW + 1 if at == "node-2" else ROWS)
            if at == "node-2":
                world.replica(pod(f"svc-{name}", 9, node="node-0"), born=again)
    for n in range(4):
        closed = np.where(np.arange(ROWS) >= ROW - 1, cordoned if n == 2 else 0.0, 0.0)
        world.add("kube_node_spec_unschedulable", closed, node=f"node-{n}", job="kube-state-metrics")
    return world.report()


def test_a_node_that_was_closed_to_pods_before_is_drained_and_not_lost() -> None:
    assert [e.entity for e in drained(0.0).events if e.kind == "node_lost"] == ["node-2"]
    assert "node_lost" not in kinds(drained(1.0))


def test_a_node_whose_pods_began_elsewhere_before_they_ended_is_drained_and_not_lost() -> None:
    report = drained(0.0, again=ROW - 2)
    assert "node_lost" not in kinds(report)
    assert max((e.score for e in report.entities), default=0.0) < 2.0


def emptied(outlives: int) -> Report:
    """A node whose pods go elsewhere one by one; its exporter ends so many rows after the first of them."""
    world = World()
    for n, name in enumerate("abcdefgh"):
        for k in range(2):
            at = f"node-{(n + k) % 4}"
            world.replica(pod(f"svc-{name}", k, node=at), gone=ROW + n % 3 if at == "node-2" else ROWS)
            if at == "node-2":
                world.replica(pod(f"svc-{name}", 9, node="node-0"), born=ROW + 1 + n % 3)
    for n in range(4):
        own = {"job": "node-exporter", "node": f"node-{n}", "instance": f"10.1.0.{n}:9100"}
        for metric in ("node_load1", "node_memory_MemAvailable_bytes", "node_sockstat_TCP_alloc"):
            values = world.add(metric, 5.0 + world.rng.normal(size=ROWS), **own)
            values[ROW + outlives if n == 2 else ROWS :] = np.nan
    return world.report()


@pytest.mark.parametrize(("outlives", "lost"), [(1, ["node-2"]), (8, []), (ROWS, [])])
def test_a_node_that_outlives_its_pods_was_given_up_and_not_lost(outlives: int, lost: list[str]) -> None:
    report = emptied(outlives)
    assert [e.entity for e in report.events if e.kind == "node_lost"] == lost
    assert (max((e.score for e in report.entities), default=0.0) > CLEAR_SCORE) is bool(lost)


@pytest.mark.parametrize("shards", [1, 4])
def test_of_a_selector_of_which_all_ended_the_verdict_says_so(shards: int) -> None:
    world = World()
    for n in range(12):
        world.add(
            f"metric_{n}",
            5.0 + world.rng.normal(size=ROWS),
            service="payment",
            job="payment",
            instance="a:80",
        )
    world.end(ROW)
    report = world.report(shards)
    assert "Nothing abnormal" not in report.verdict
    assert report.verdict.startswith(
        "No series has a sample after 09:34:00 UTC, 9 min before the window's end"
    )
    assert report.no_all_clear.startswith("No series has a sample after")


def test_much_that_could_not_be_judged_is_said_before_an_all_clear() -> None:
    world = World()
    world.services(1)
    for n in range(20):
        world.add(f"rare_{n}", world.rng.normal(size=ROWS), service="calm-a", job="calm-a")[
            np.arange(ROWS) % 37 > 0
        ] = np.nan
    report = world.report()
    assert report.no_all_clear == "20 of 30 series could not be judged (20 too sparse)"
    assert report.verdict.startswith(
        "20 of 30 series could not be judged (20 too sparse). Of the rest: nothing abnormal"
    )


def test_few_that_could_not_be_judged_are_not_in_the_way_of_it() -> None:
    world = World()
    world.services(6)
    world.add("rare", world.rng.normal(size=ROWS), service="calm-a")[np.arange(ROWS) % 37 > 0] = np.nan
    report = world.report()
    assert report.no_all_clear == ""


def test_where_the_samples_of_all_begin_nothing_began() -> None:
    world = World()
    world.services(6)
    for values in world.values:
        values[:150] = np.nan
    report = world.report()
    assert kinds(report) == ["data_begins"]
    assert report.counts.appeared == 0
    assert all(f.event == "" for f in report.findings)
    assert report.no_all_clear == ""


def test_what_only_comes_where_something_happens_does_not_end() -> None:
    world = World()
    world.services(6)
    for n in range(5):
        rare = world.add(f"step_{n}", 3.0 + world.rng.normal(size=ROWS), service="workflow", job="workflow")
        rare[world.rng.random(ROWS) < 0.6] = np.nan
    world.end(ROW, service="workflow")
    report = world.report()
    assert report.events == []
    assert "workflow" not in [e.entity for e in report.entities]
