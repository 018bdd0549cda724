"""A workload that its specification scaled to nothing, and another one that fails from then on."""

import numpy as np
import pytest

from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.worlds import ROW, World, pod

FAILS = {"http_requests_errors_total": 60.0}


def scaled_away(
    *names: str, at: int = ROW, hurt: dict[str, float] | None = FAILS, calls: bool = False, shards: int = 1
) -> Report:
    """`cart` is hurt; these are scaled to nothing at a row, and `calls` tells that it calls the first."""
    world = World()
    world.services(6)
    world.service("cart", hurt=hurt)
    for name in names:
        world.service(name, pods=3, gone=at)
        desired = np.where(np.arange(ROWS) < at - 1, 3.0, 0.0)
        own = {"deployment": name, "namespace": "shop", "job": "ksm", "instance": "k:80"}
        world.add("kube_deployment_spec_replicas", desired, **own)
    if calls:
        own = {"client": "cart", "server": names[0], "job": "tempo", "instance": "t:80", "namespace": "shop"}
        asked = 40.0 + world.rng.random(ROWS)
        world.add("traces_service_graph_request_total", asked, **own)
    return world.report(shards)


def first_two(report: Report) -> list[str]:
    return [e.entity for e in report.entities[:2]]


def test_it_may_be_missed() -> None:
    report = scaled_away("pricing")
    assert first_two(report) == ["cart", "pricing"]
    assert report.entities[1].score == report.entities[0].score
    assert "pricing was scaled to nothing by its specification" in report.verdict
    assert encode(scaled_away("pricing", shards=4)) == encode(report)


def test_it_comes_before_one_that_is_known_to_call_it() -> None:
    report = scaled_away("pricing", calls=True)
    assert first_two(report) == ["pricing", "cart"]
    assert report.verdict.startswith("pricing was scaled to nothing by its specification")


def test_of_several_the_one_that_is_called_is_missed() -> None:
    assert first_two(scaled_away("pricing", "batch", calls=True)) == ["pricing", "cart"]
    assert first_two(scaled_away("pricing", "batch"))[:2] == ["cart"]


def test_nobody_misses_it() -> None:
    assert not scaled_away("pricing", hurt=None).entities


@pytest.mark.parametrize("before", [20, -20])
def test_of_trouble_that_began_at_another_time_it_is_no_cause(before: int) -> None:
    assert "pricing" not in first_two(scaled_away("pricing", at=ROW - before))


def test_more_work_of_another_one_is_not_for_want_of_it() -> None:
    report = scaled_away("pricing", hurt={"process_cpu_seconds_total": 60.0})
    assert first_two(report)[:2] == ["cart"]


def test_one_that_is_scaled_to_nothing_again_and_again_is_not_missed() -> None:
    world = World()
    world.services(6)
    world.service("cart", hurt=FAILS)
    rows = np.arange(ROWS)
    desired = np.where((rows < 90) | ((rows >= 120) & (rows < ROW)), 2.0, 0.0)
    for n in range(2):
        world.replica(pod("thumbs", n), gone=90)
        world.replica(pod("thumbs", n + 5), born=120, gone=ROW)
    own = {"deployment": "thumbs", "namespace": "shop", "job": "ksm", "instance": "k:80"}
    world.add("kube_deployment_spec_replicas", desired, **own)
    assert first_two(world.report()) == ["cart"]


def unread_queue(consumers: float, workers: str = "printer", work: float = 1.0) -> Report:
    """A queue that keeps so many of eight consumers as a workload is scaled to nothing, with work or none."""
    world, rows = World(), np.arange(ROWS)
    world.services(4)
    noise = np.random.default_rng(6)
    for queue in ("labels", "mails", "images"):
        is_left = queue == "labels"
        own = {"job": "rabbitmq", "instance": "rabbit-0:15692", "queue": queue, "namespace": "shop"}
        ready = 20.0 + 3.0 * noise.normal(size=ROWS)
        more = is_left * work * 600.0 * np.maximum(rows - ROW, 0)
        world.add("rabbitmq_queue_messages_ready", ready + more, **own)
        held = np.where((rows >= ROW) & is_left, consumers, 8.0)
        world.add("rabbitmq_queue_consumers", held, **own)
    world.service(workers, pods=3, gone=ROW)
    own = {"deployment": workers, "namespace": "shop", "job": "ksm", "instance": "k:80"}
    world.add("kube_deployment_spec_replicas", np.where(rows < ROW - 1, 3.0, 0.0), **own)
    return world.report()


def test_a_queue_that_nobody_reads_any_more_misses_its_consumers() -> None:
    report = unread_queue(consumers=0.0)
    assert first_two(report)[0] == "printer"
    assert report.verdict.startswith("printer was scaled to nothing by its specification")
    assert first_two(unread_queue(consumers=8.0))[0] != "printer"  # they are others


def test_consumers_of_an_empty_queue_are_not_missed() -> None:
    report = unread_queue(consumers=0.0, work=0.0)
    assert all(entity.score < 4.0 for entity in report.entities)
