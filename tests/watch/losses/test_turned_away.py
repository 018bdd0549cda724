"""Requests that are refused: a loss where they take the place of served ones, and else no trouble."""

import numpy as np
import pytest

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import START_ROW, STEP_MS, Values, derivations_of, labels_of, rows_of

SHOP = labels_of(services=4)
CODES = {"200": 40.0, "429": 0.2, "500": 0.05}
LABELS = [*SHOP, *({"__name__": "http_requests_total", "service": "gate", "code": code} for code in CODES)]
LEARNED, ROWS, BEGIN = 600, 60, 20


def batch(values: Values, first: int) -> SeriesBatch:
    times = STEP_MS * (START_ROW + first + np.arange(values.shape[1], dtype=np.int64))
    return SeriesBatch(LABELS, times, values, [*derivations_of(SHOP), *["rate"] * len(CODES)])


@pytest.mark.parametrize(
    ("served", "refused", "opens"), [(0.5, 20.0, True), (1.0, 60.0, False), (0.95, 60.0, False)]
)
def test_only_refusals_in_place_of_successes_open(served: float, refused: float, opens: bool) -> None:
    watch, rng = ClusterWatch(AnalysisSettings(), STEP_MS), np.random.default_rng(11)

    def values(rows: int, seed: int) -> Values:
        gate = np.array([rng.poisson(30 * rate, rows) / 30 for rate in CODES.values()])
        return np.vstack([rows_of(SHOP, rows, seed), gate])

    watch.learn(batch(values(LEARNED, 1), -LEARNED))
    judged = values(ROWS, 2)
    judged[len(SHOP), BEGIN:] *= served
    judged[len(SHOP) + 1, BEGIN:] += refused
    seen = [watch.observe(batch(judged[:, at : at + 2], at), STEP_MS * at) for at in range(0, ROWS, 2)]
    opened = [(2 * k - BEGIN, one.opening) for k, one in enumerate(seen) if one.opening]
    assert bool(opened) == opens
    if opens:
        rows, opening = opened[0]
        assert opening.entity == "gate"
        assert rows <= 6, "three ticks"
