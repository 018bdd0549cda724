"""States told as numbers of which one is as it should be: what comes to that one is no trouble.

A port that comes up as a machine is put in, a session that is established: both move from a state that they
had all the time. What leaves that state, or goes from one of the others to another, is told as ever.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.contracts.series import Flags, Vector

_GOOD: Mapping[str, float] = {
    "if_oper_status": 1.0,  # up (RFC 2863)
    "if_admin_status": 1.0,
    "bgp_peer_state": 6.0,  # established (RFC 4273)
    "cbgp_peer2_state": 6.0,  # the same (CISCO-BGP4-MIB)
    "ospf_nbr_state": 8.0,  # full (RFC 4750)
    "hr_device_status": 2.0,  # running (RFC 2790)
    "longhorn_volume_robustness": 1.0,  # healthy (Longhorn, "Metrics")
}
"""Names in snake case -> the number of the good state."""


def came_to_good(metrics: Sequence[str], after: Vector) -> Flags:
    """Which of N series are in their good state since they moved, shape (N,).

    metrics  their names
    after    the value of each since then, shape (N,)

    >>> came_to_good(["ifOperStatus", "ifOperStatus", "bgpPeerState"], np.array([1.0, 2.0, 6.0])).tolist()
    [True, False, True]
    """
    good = [_GOOD.get(in_snake_case(metric), np.nan) for metric in metrics]
    return np.asarray(after == np.array(good, dtype=np.float64))
