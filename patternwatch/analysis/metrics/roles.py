"""Metrics of which of several replicas leads: an election, or a planned failover, moves them.

That nobody leads is told by other metrics (`etcd_server_has_leader`, `ActiveControllerCount`), and by what
then fails.
"""

import re
from functools import lru_cache

_ROLE = re.compile(r"leader_election_master_status|(\w+_)?is_(leader|master|primary|replica|standby)")
"""Kubernetes' client-go; etcd (`etcd_server_is_leader`); postgres_exporter (`pg_replication_is_replica`)."""


@lru_cache(maxsize=50_000)
def tells_a_role(metric: str) -> bool:
    """Whether a metric tells which role a replica has, 1 where it has it.

    >>> tells_a_role("etcd_server_is_leader"), tells_a_role("etcd_server_has_leader")
    (True, False)
    """
    return _ROLE.fullmatch(metric) is not None
