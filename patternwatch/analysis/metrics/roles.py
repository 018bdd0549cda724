"""Metrics of which of several replicas leads: an election, or a planned failover, moves them.

That nobody leads is told by other metrics (`etcd_server_has_leader`, `ActiveControllerCount`), and by what
then fails.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.contracts.series import Flags, Matrix

_ROLE = re.compile(
    r"leader_election_master_status|(\w+_)?is_(leader|master|primary|replica|standby)"
    r"|patroni_(primary|master|replica|standby_leader|sync_standby)|zk_server_(leader|state)"
    r"|vault_core_(active|performance_standby)"
)
"""Kubernetes' client-go; etcd (`etcd_server_is_leader`); postgres_exporter (`pg_replication_is_replica`);
Patroni, "REST API", `/metrics`; ZooKeeper's exporters, where a label says which role it is; Vault."""
_NUMBERED = re.compile(r"mongodb_(\w+_)?(my|members?)_state|keepalived_vrrp_state")
_ROLES = (1.0, 2.0)
"""The numbers of such a state that are roles: MongoDB's primary and secondary ("Replica Set Member States"),
keepalived's backup and master. The others tell of trouble, or of a start."""


def tells_a_role(metric: str) -> bool:
    """Whether a metric tells which role a replica has, 1 where it has it.

    >>> tells_a_role("etcd_server_is_leader"), tells_a_role("etcd_server_has_leader")
    (True, False)
    """
    return _kind(metric) == 1


def are_roles(metrics: Sequence[str], values: Matrix) -> Flags:
    """Which of N series tell roles only, shape (N,): also as numbers of a state, where all of them are roles.

    metrics  their names
    values   shape (N, T); NaN is a gap

    >>> states = np.array([[1.0, 2.0, np.nan], [2.0, 8.0, 8.0]])
    >>> are_roles(["mongodb_rs_myState"] * 2, states).tolist()
    [True, False]
    """
    kinds = np.array([_kind(metric) for metric in metrics], dtype=np.int64)
    found = np.asarray(kinds == 1)
    numbered = np.flatnonzero(kinds == 2)
    own = values[numbered]
    found[numbered] = (np.isin(own, _ROLES) | np.isnan(own)).all(axis=1)
    return found


@lru_cache(maxsize=50_000)
def _kind(metric: str) -> int:
    """1 of a flag, 2 of a number that may be one, else 0."""
    name = in_snake_case(metric)
    return 1 if _ROLE.fullmatch(name) else 2 if _NUMBERED.fullmatch(name) else 0
