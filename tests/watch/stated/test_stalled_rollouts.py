"""A rollout whose new replicas never become available opens a report; a long one that goes on does not."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import STEP_MS, Values, batch_of, labels_of, rows_of

SHOP = labels_of(services=4)
COUNTS = {"spec_replicas": 20, "status_replicas_available": 20, "status_replicas_unavailable": 0}
UPDATED = "kube_deployment_status_replicas_updated"
LABELS = [
    *SHOP,
    *({"__name__": f"kube_deployment_{name}", "deployment": "mail"} for name in COUNTS),
    {"__name__": UPDATED, "deployment": "mail"},
]
LEARNED, ROWS, BEGIN = 600, 80, 20


@pytest.mark.parametrize("missing", [0, 5], ids=["beside all others", "in their place"])
@pytest.mark.parametrize("goes_on", [False, True])
def test_only_a_rollout_that_stands_still_opens(missing: int, *, goes_on: bool) -> None:
    def quiet(number: int, seed: int) -> Values:
        usual = np.array([*COUNTS.values(), 20.0])[:, None]
        return np.vstack([rows_of(SHOP, number, seed), np.repeat(usual, number, axis=1)])

    watch, judged = ClusterWatch(AnalysisSettings(), STEP_MS), quiet(ROWS, 2)
    watch.learn(batch_of(LABELS, quiet(LEARNED, 1), -LEARNED))
    available, unavailable, updated = judged[-3:, BEGIN:]
    available -= missing
    unavailable += 5
    updated[:] = 5 + np.arange(len(updated)) // 12 if goes_on else 5
    ticks = (batch_of(LABELS, judged[:, at : at + 2], at) for at in range(0, ROWS, 2))
    opened = [one.opening for one in (watch.observe(batch, 0) for batch in ticks) if one.opening]
    assert [opening.entity for opening in opened] == ([] if goes_on else ["mail"])
