"""A workload that is new on the nodes that got busy is the cause; one elsewhere is not."""

import numpy as np
import pytest

from tests.analysis.lifecycle.worlds import ROW, World, pod

NODES = tuple(f"worker-{n}" for n in range(4))


def world(new: dict[str, tuple[str, ...]], busy: tuple[str, ...], at: int = ROW) -> World:
    """Six services; these new ones, with a pod on each of these nodes; nodes that get busy at the fault."""
    made = World()
    made.services()
    for name, nodes in new.items():
        for n, node in enumerate(nodes):
            made.replica(pod(name, n, node=node), born=at)
    for node in NODES:
        own = {"job": "node-exporter", "instance": f"{node}:9100", "node": node}
        for name, level in (
            ("node_cpu_busy_ratio", 0.2),
            ("node_load1", 1.0),
            ("node_pressure_cpu_waiting", 0.05),
        ):
            values = made.add(name, 0.0, **own)
            values[:] = level * (1.0 + 0.05 * made.rng.normal(size=len(values)))
            if node in busy:
                values[ROW:] *= 9.0
    return made


def test_the_new_workload_goes_before_the_nodes_that_it_troubles() -> None:
    report = world({"report-builder": NODES[:2]}, NODES[:2]).report()
    first = report.entities[0]
    assert (first.entity, sorted(first.through)) == ("report-builder", ["worker-0", "worker-1"])
    assert "report-builder is the likely cause" in report.verdict
    assert "as it is new on worker-" in report.verdict


@pytest.mark.parametrize(
    ("new", "busy", "at"),
    [
        ({"report-builder": NODES[2:]}, NODES[:2], ROW),
        ({"report-builder": NODES[:1]}, NODES[:2], ROW),
        ({"report-builder": NODES[:2], "indexer-job": NODES[:2]}, NODES[:2], ROW),
        ({"report-builder": NODES[:2]}, NODES[:2], ROW - 60),
        ({}, NODES[:2], ROW),
    ],
    ids=["elsewhere", "on one of them", "two that are new", "long before", "nothing new"],
)
def test_else_the_nodes_are_named(new: dict[str, tuple[str, ...]], busy: tuple[str, ...], at: int) -> None:
    report = world(new, busy, at).report()
    assert report.entities[0].entity in busy
    assert not any(e.through for e in report.entities)


def test_a_new_workload_on_quiet_nodes_is_blamed_for_nothing() -> None:
    report = world({"report-builder": NODES[:2]}, ()).report()
    assert not any(e.through for e in report.entities)
    assert np.all([e.score < 4.0 for e in report.entities])
