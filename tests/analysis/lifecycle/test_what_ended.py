"""What stopped is told apart: killed, part of it, scaled in, done, no longer scraped."""

import numpy as np
import pytest

from patternwatch.contracts.codec import encode
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS, SPLIT
from tests.analysis.lifecycle.worlds import ROW, World, kinds, pod, troubles

CALLER = {"http_requests_errors_total": 40.0, "http_request_duration_seconds": 20.0}


def test_a_killed_service_leads_though_its_callers_fail_loudly() -> None:
    world = World()
    world.services(6)
    world.service("web", hurt=CALLER)
    world.service("api", hurt=CALLER)
    world.service("payment", pods=1, gone=ROW)
    report = world.report()
    assert report.entities[0].entity == "payment"
    assert report.entities[0].score > report.entities[1].score > 6.0
    (event,) = troubles(report)
    assert (event.kind, event.series, event.of_series, event.at_ms) == (
        "ended",
        5,
        5,
        report.window.start_ms + ROW * 10_000,
    )
    assert report.verdict.startswith("payment ended: all 5 of its series stopped at 09:34:10 UTC; ")
    assert [(p.kind, p.text) for p in report.verdict_parts[:3]] == [
        ("entity", "payment"),
        ("text", " ended: all 5 of its series stopped at "),
        ("instant", "09:34:10 UTC"),
    ]
    shown = [f for f in report.findings if f.event == "ended"]
    assert {f.entity for f in shown} == {"payment"}
    assert len(shown) == 3
    assert shown[0].evidence[0].detector == "life"
    assert (
        "245 samples, one every 10 s without a gap; payment ended: all 5 of its series"
        in shown[0].evidence[0].text
    )
    assert (report.entities[0].ended, report.entities[0].began) == (5, 0)


def test_a_service_that_ended_long_after_the_trouble_began_is_not_its_cause() -> None:
    world = World()
    world.services(6)
    world.service("web", hurt=CALLER)
    world.service("payment", pods=1, gone=ROW + 30)
    report = world.report()
    assert report.entities[0].entity == "web"
    assert [e.kind for e in troubles(report)] == ["ended"]


def test_constant_and_short_series_end_too() -> None:
    world = World()
    world.services(6)
    for n in range(4):
        world.add(f"config_{n}", 7.0, service="flags", job="flags", instance="a:80")
    world.end(ROW, service="flags")
    report = world.report()
    assert report.entities[0].entity == "flags"
    assert report.verdict.startswith("flags ended: all 4 of its series stopped")


def test_one_of_three_replicas_is_told_and_does_not_alarm_by_itself() -> None:
    world = World()
    world.services(6)
    world.service("cart", pods=3)
    world.end(ROW, pod=pod("cart", 1)["pod"])
    report = world.report()
    (event,) = troubles(report)
    assert (event.kind, event.replicas, event.of_replicas) == ("part_ended", 1, 3)
    assert "cart lost 1 of its 3 replicas (cart-5d4f8c7b9-x2xcb), and none came in its place" in event.text
    assert report.entities[0].entity == "cart"
    assert report.entities[0].score < CLEAR_SCORE


def test_a_replica_that_is_replaced_counts_less() -> None:
    world = World()
    world.services(6)
    world.service("cart", pods=3)
    world.end(ROW, pod=pod("cart", 1)["pod"])
    world.replica(pod("cart", 7), born=ROW + 4)
    report = world.report()
    assert kinds(report) == ["replaced"]
    assert not report.entities or report.entities[0].score < 2.0


@pytest.mark.parametrize(("spec", "kind"), [(0.0, "scaled_in"), (3.0, "ended")])
def test_scaled_to_nothing_by_intent_is_no_outage(spec: float, kind: str) -> None:
    world = World()
    world.services(6)
    world.service("cart", pods=3, gone=ROW + 2)
    desired = np.where(np.arange(ROWS) < ROW, 3.0, spec)
    world.add(
        "kube_deployment_spec_replicas",
        desired,
        deployment="cart",
        namespace="shop",
        job="ksm",
        instance="k:80",
    )
    report = world.report()
    assert [e.kind for e in report.events if e.entity == "cart"] == [kind]
    assert ("cart" in [e.entity for e in report.entities]) is (kind == "ended")


@pytest.mark.parametrize(("last", "kind"), [(2.0, "scaled_in"), (3.0, "ended")])
@pytest.mark.parametrize("label", ["auto_scaling_group_name", "dimension_AutoScalingGroupName"])
def test_a_machine_that_its_group_let_go_is_no_outage(label: str, last: float, kind: str) -> None:
    world = World()
    world.services(6)
    for n in range(3):
        for name in ("node_load1", "node_memory_MemAvailable_bytes", "node_procs_running"):
            row = world.add(name, 5.0 + world.rng.normal(size=ROWS), job="node", instance=f"10.5.1.{n}:9100")
            row[ROW + 2 if n == 1 else ROWS :] = np.nan
    desired = np.where(np.arange(ROWS) < ROW, 3.0, last)
    group = {label: "web", "job": "cloudwatch", "instance": "c:80"}
    world.add("aws_autoscaling_group_desired_capacity_average", desired, **group)
    report = world.report()
    assert [(e.kind, e.entity) for e in report.events] == [(kind, "10.5.1.1")]
    assert bool(report.entities) is (kind == "ended")


def test_a_batch_job_that_is_done_is_no_outage() -> None:
    world = World()
    world.services(6)
    world.replica(pod("report", 1, "28710140"), born=150, gone=ROW)
    world.replica({"pod": "export-q7w8x", "namespace": "shop", "job": "node"}, gone=ROW)
    for name in ("report", "export"):
        world.add(
            "kube_job_status_succeeded", 1.0, job_name=name, namespace="shop", job="ksm", instance="k:80"
        )
    report = world.report()
    assert kinds(report) == ["job_finished", "job_finished"]
    assert report.no_all_clear == ""
    assert not report.entities or report.entities[0].score < CLEAR_SCORE


@pytest.mark.parametrize("scraped", [True, False])
def test_a_job_that_is_done_and_of_which_kubernetes_still_tells_is_no_trouble(scraped: bool) -> None:
    world = World()
    world.services(6)
    told = {"namespace": "shop", "job": "kube-state-metrics", "instance": "k:80"}
    own = {"namespace": "shop", "pod": "migrate-db-x7k2p"}
    if scraped:
        world.replica({**own, "job": "kubelet", "container": "migrate"}, gone=ROW)
    done = np.where(np.arange(ROWS) < ROW, 0.0, 1.0)
    world.add("kube_job_status_succeeded", done, job_name="migrate-db", **told)
    world.add("kube_job_status_active", 1.0 - done, job_name="migrate-db", **told)
    world.add("kube_pod_status_phase", 1.0 - done, **{**told, **own}, phase="Running")
    world.add("kube_pod_status_phase", done, **{**told, **own}, phase="Succeeded")
    world.add("kube_pod_status_ready", 1.0 - done, **{**told, **own}, condition="true")
    world.add("kube_pod_status_ready", done, **{**told, **own}, condition="false")
    report = world.report()
    assert kinds(report) == (["job_finished"] if scraped else [])
    assert not [f for f in report.findings if f.score > 0.0]


def test_a_pod_that_fails_beside_a_job_that_is_done_is_trouble() -> None:
    world = World()
    world.services(6)
    told = {"namespace": "shop", "job": "kube-state-metrics", "instance": "k:80"}
    world.add("kube_job_status_succeeded", 1.0, job_name="sync", **told)
    fails = np.where(np.arange(ROWS) < ROW, 0.0, 1.0)
    for name, failed in (("sync-api-5d4f8c7b9-x7k2p", fails), ("mail-5d4f8c7b9-x7k2p", 0.0 * fails)):
        for condition, value in (("true", 1.0 - failed), ("false", failed)):
            world.add("kube_pod_status_ready", value, **told, pod=name, condition=condition)
    report = world.report()
    assert [e.entity for e in report.entities] == ["sync-api"]


def test_what_ends_again_and_again_is_usual() -> None:
    world = World()
    world.services(6)
    world.replica(pod("encoder", 0))
    for run in range(1, 10):
        world.replica(pod("encoder", run), born=30 * run - 20, gone=30 * run)
    report = world.report()
    assert kinds(report) == ["usual"]
    assert not report.entities or report.entities[0].score < CLEAR_SCORE
    assert report.no_all_clear == ""


def test_a_statefulset_that_restarts_in_place_is_quiet() -> None:
    world = World()
    world.services(6)
    for n in range(3):
        world.replica({"pod": f"redis-{n}", "namespace": "shop", "service": "redis", "job": "redis"})
    world.end(ROW, ROW + 6, pod="redis-1")
    report = world.report()
    assert report.events == []
    assert not report.entities or report.entities[0].score < CLEAR_SCORE


def test_targets_that_are_relabelled_are_no_news() -> None:
    world = World()
    world.services(6)
    for n in range(2):
        world.replica(pod("cart", n), gone=ROW)
        world.replica(pod("cart", n, version="7"), born=ROW)
    report = world.report()
    assert kinds(report) == ["relabelled"]
    assert not report.entities or report.entities[0].score < CLEAR_SCORE


def test_a_target_that_does_not_answer_is_said_to_be_down() -> None:
    world = World()
    world.services(6)
    for n in range(4):
        own = {"job": "cache", "instance": f"cache-{n}:9121"}
        world.replica(own, gone=ROW if n == 2 else ROWS)
        world.add("up", np.where((np.arange(ROWS) >= ROW) & (n == 2), 0.0, 1.0), **own)
    report = world.report()
    (event,) = troubles(report)
    assert event.names == ["cache-2:9121"]
    assert "scrapes of it fail (up is 0)" in event.text
    assert report.findings[0].labels["instance"] == "cache-2:9121"
    assert report.entities[0].score > CLEAR_SCORE
    assert report.verdict.startswith("cache lost 1 of its 4 replicas (cache-2:9121)")


def databases(nodes: bool = True, servers: int = 1, dead: int = 2) -> World:
    """Hosts with database servers on them; from ROW on one exporter of such a server is silent."""
    world = World()
    world.services(6)
    for n in range(4):
        for k in range(servers):
            own = {"job": "postgres-exporter", "instance": f"db-{n}.example:{9187 + k}"}
            silent = n == dead and k == 0
            for metric in ("pg_locks", "pg_backends", "pg_up"):
                world.add(metric, 40.0 + world.rng.normal(size=ROWS), **own)[ROW if silent else ROWS :] = (
                    np.nan
                )
            world.add("up", np.where((np.arange(ROWS) >= ROW) & silent, 0.0, 1.0), **own)
        if nodes:
            own = {"job": "node", "instance": f"db-{n}.example:9100"}
            for metric in ("node_load1", "node_filesystem_free_bytes", "node_memory_Dirty_bytes"):
                world.add(metric, 2.0 + 0.1 * world.rng.normal(size=ROWS), **own)
            world.add("up", 1.0, **own)
    return world


@pytest.mark.parametrize("shards", [1, 4])
def test_an_exporter_that_died_is_told_from_the_host_that_lives(shards: int) -> None:
    report = databases().report(shards)
    (event,) = troubles(report)
    assert (event.kind, event.entity) == ("exporter_ended", "db-2.example")
    assert report.entities[0].entity == "db-2.example"
    assert report.verdict.startswith(
        "db-2.example is no longer reported by job 'postgres-exporter', while job 'node' still reports it"
    )


def test_one_of_two_exporters_of_a_host_is_told_by_its_address() -> None:
    report = databases(servers=2).report()
    (event,) = troubles(report)
    assert "job 'postgres-exporter db-2.example:9187', while jobs 'node' and 'postgres-exporter" in event.text


def test_a_server_of_which_nothing_else_tells_ended() -> None:
    report = databases(nodes=False).report()
    (event,) = troubles(report)
    assert (event.kind, event.entity) == ("ended", "db-2.example")
    assert "scrapes of it fail (up is 0)" in event.text


def test_a_probe_that_fails_is_found() -> None:
    world = World()
    world.services(6)
    for n in range(5):
        failed = np.where((np.arange(ROWS) >= ROW) & (n == 3), 0.0, 1.0)
        world.add("probe_success", failed, job="blackbox", instance=f"https://{n}.example")
    report = world.report()
    assert report.findings[0].labels["instance"] == "https://3.example"
    assert report.findings[0].event == ""
    assert report.entities[0].score > CLEAR_SCORE


def test_an_exporter_that_died_is_not_its_target() -> None:
    world = World()
    world.services(6)
    for n in range(2):
        own = {"pod": f"redis-{n}", "namespace": "shop", "service": "redis"}
        world.replica({"job": "kubelet", **own})
        world.replica({"job": "redis-exporter", **own}, gone=ROW if n == 0 else ROWS)
    report = world.report()
    (event,) = troubles(report)
    assert event.kind == "exporter_ended"
    assert event.text.startswith(
        "redis is no longer reported by job 'redis-exporter' in 1 of its 2 replicas (redis-0), while job "
        "'kubelet' still reports it: that exporter, or what it asks, stopped at "
    )


def test_a_service_that_began_for_the_first_time_is_told_quietly() -> None:
    world = World()
    world.services(6)
    world.replica(pod("newcomer", 0), born=ROW)
    report = world.report()
    assert kinds(report) == ["began"]
    assert report.entities[0].entity == "newcomer"
    assert report.entities[0].score < CLEAR_SCORE
    assert report.findings[0].event == "began"
    assert "first sample at" in report.findings[0].evidence[0].text


@pytest.mark.parametrize("shards", [4, 16])
def test_one_shard_or_many_say_the_same(shards: int) -> None:
    world = World()
    world.services(4)
    world.service("web", hurt=CALLER)
    world.service("payment", pods=3, gone=ROW)
    world.service("cart", pods=3)
    world.end(ROW + 3, pod=pod("cart", 1)["pod"])
    assert encode(world.report(shards)) == encode(world.report())


def test_the_split_may_lie_after_the_end() -> None:
    world = World()
    world.services(6)
    world.service("payment", pods=2, gone=SPLIT - 20)
    report = world.report()
    assert report.entities[0].entity == "payment"
    assert report.onset_ms == report.window.start_ms + (SPLIT - 20) * 10_000
