"""Who leads is told by reason, and that another one does is no sign of trouble."""

import numpy as np
import pytest

from patternwatch.analysis.metrics.roles import tells_a_role
from patternwatch.contracts.skipped import ROLE
from tests.analysis.lifecycle.worlds import ROW, World

TIME = np.arange(300)


@pytest.mark.parametrize(
    ("metric", "is_role"),
    [
        ("leader_election_master_status", True),
        ("etcd_server_is_leader", True),
        ("pg_replication_is_replica", True),
        ("is_primary", True),
        ("etcd_server_has_leader", False),
        ("kafka_controller_activecontrollercount", False),
        ("pg_replication_lag_seconds", False),
        ("is_leader_changes_total", False),
    ],
)
def test_a_role_is_told_by_its_name(metric: str, is_role: bool) -> None:
    assert tells_a_role(metric) is is_role


def test_an_election_is_quiet() -> None:
    world = World()
    world.services(6)
    for n in range(2):
        leads = (TIME < ROW) == (n == 0)
        world.add("etcd_server_is_leader", np.where(leads, 1.0, 0.0), job="etcd", instance=f"etcd-{n}:2379")
    report = world.report()
    assert report.counts.skipped[ROLE] == 2
    assert report.entities == []
    assert ROLE not in {part.reason for part in report.not_judged}
