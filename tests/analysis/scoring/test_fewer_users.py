"""Who is used less is not blamed for it: its clients went."""

import numpy as np
import pytest

from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.analysis.scoring.scores import category_weights
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.worlds import ROW, World


def connected(after: float) -> float:
    """The score of a database to which so many clients are connected, where there were 23."""
    world = World()
    world.services(6)
    noise = world.rng.integers(0, 2, ROWS).astype(np.float64)
    values = np.where(np.arange(ROWS) < ROW, 23.0, after) + noise
    world.add("redis_connected_clients", values, job="redis", instance="queue-1:9121")
    return max((e.score for e in world.report().entities if e.entity.startswith("redis")), default=0.0)


def test_clients_that_went_are_no_cause_and_clients_that_came_are() -> None:
    assert 0.0 < connected(3.0) < CLEAR_SCORE / 2
    assert connected(200.0) > CLEAR_SCORE


@pytest.mark.parametrize(("after", "weight"), [(9.0, 1.0), (1.0, 0.5)])
def test_a_rise_of_what_is_in_use_counts_whole(after: float, weight: float) -> None:
    moved = deviation_stats(np.array([[5.0, 5.0, 5.0, after]]), 3)
    assert category_weights(moved, ["saturation"]).tolist() == [weight]
