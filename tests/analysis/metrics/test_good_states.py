"""What comes to its good state is no trouble; what leaves it, or goes to a worse one, is."""

import numpy as np
import pytest

from patternwatch.analysis.metrics.good_states import came_to_good
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS, SPLIT
from tests.analysis.lifecycle.worlds import World

TIME = np.arange(ROWS)


@pytest.mark.parametrize(
    ("metric", "before", "after", "is_trouble"),
    [
        ("ifOperStatus", 2.0, 1.0, False),
        ("ifOperStatus", 1.0, 2.0, True),
        ("ifOperStatus", 1.0, 6.0, True),
        ("bgpPeerState", 1.0, 6.0, False),
        ("bgpPeerState", 6.0, 3.0, True),
        ("longhorn_volume_robustness", 2.0, 1.0, False),
    ],
)
def test_a_state_is_trouble_unless_it_became_the_good_one(
    metric: str, before: float, after: float, is_trouble: bool
) -> None:
    world = World()
    world.services(6)
    row = np.where(TIME >= SPLIT + 1, after, before)
    world.add(metric, row, job="snmp", instance="sw-1.example", ifName="Gi1/0/8")
    strongest = max((one.score for one in world.report().entities), default=0.0)
    assert (strongest > CLEAR_SCORE) is is_trouble


def test_names_without_a_known_good_state_have_none() -> None:
    assert came_to_good(["door_state", "ifOperStatus"], np.array([1.0, np.nan])).tolist() == [False, False]
