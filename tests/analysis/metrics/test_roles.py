"""Who leads is told by reason, and that another one does is no sign of trouble."""

import numpy as np
import pytest

from patternwatch.analysis.metrics.roles import are_roles, tells_a_role
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
        ("patroni_primary", True),
        ("zk_server_state", True),
        ("vault_core_active", True),
        ("consul_server_isLeader", True),
        ("etcd_server_has_leader", False),
        ("kafka_controller_activecontrollercount", False),
        ("pg_replication_lag_seconds", False),
        ("is_leader_changes_total", False),
        ("vault_core_unsealed", False),
        ("patroni_postgres_running", False),
    ],
)
def test_a_role_is_told_by_its_name(metric: str, is_role: bool) -> None:
    assert tells_a_role(metric) is is_role


@pytest.mark.parametrize(
    ("metric", "states", "is_role"),
    [
        ("mongodb_mongod_replset_my_state", (1.0, 2.0), True),
        ("mongodb_rs_members_state", (2.0, 8.0), False),  # it is down
        ("keepalived_vrrp_state", (2.0, np.nan), True),
        ("keepalived_vrrp_state", (2.0, 3.0), False),  # a fault
        ("ifOperStatus", (1.0, 2.0), False),
    ],
)
def test_the_number_of_a_state_is_a_role_where_it_is_one_all_the_time(
    metric: str, states: tuple[float, float], is_role: bool
) -> None:
    assert are_roles([metric], np.array([states])).tolist() == [is_role]


def test_a_planned_switch_over_by_the_number_of_a_state_is_quiet() -> None:
    world = World()
    world.services(6)
    for n in range(3):
        leads = (TIME < ROW) if n == 0 else (TIME >= ROW) & (n == 1)
        world.add(
            "mongodb_rs_myState", np.where(leads, 1.0, 2.0), job="mongodb", instance=f"mongo-{n}.example:9216"
        )
    report = world.report()
    assert report.counts.skipped[ROLE] == 2
    assert report.entities == []


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
