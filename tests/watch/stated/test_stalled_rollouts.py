"""A rollout whose new replicas never become available opens a report; a long one that goes on does not."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import STEP_MS, Values, batch_of, labels_of, rows_of

SHOP = labels_of(services=4)
COUNTS = np.array([20.0, 20.0, 0.0, 20.0])
"""Wished for, available, unavailable, of the newest version."""
NAMES = {
    "deployment": (
        "kube_deployment_spec_replicas",
        "kube_deployment_status_replicas_available",
        "kube_deployment_status_replicas_unavailable",
        "kube_deployment_status_replicas_updated",
    ),
    "daemonset": (
        "kube_daemonset_status_desired_number_scheduled",
        "kube_daemonset_status_number_available",
        "kube_daemonset_status_number_unavailable",
        "kube_daemonset_status_updated_number_scheduled",
    ),
}
LEARNED, ROWS, BEGIN = 600, 80, 20


@pytest.mark.parametrize("missing", [0, 5], ids=["beside all others", "in their place"])
@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("kind", NAMES)
def test_only_a_rollout_that_stands_still_opens(kind: str, missing: int, *, goes_on: bool) -> None:
    labels = [*SHOP, *({"__name__": name, kind: "mail"} for name in NAMES[kind])]

    def quiet(number: int, seed: int) -> Values:
        return np.vstack([rows_of(SHOP, number, seed), np.repeat(COUNTS[:, None], number, axis=1)])

    watch, judged = ClusterWatch(AnalysisSettings(), STEP_MS), quiet(ROWS, 2)
    watch.learn(batch_of(labels, quiet(LEARNED, 1), -LEARNED))
    available, unavailable, updated = judged[-3:, BEGIN:]
    available -= missing
    unavailable += 5
    updated[:] = 5 + np.arange(len(updated)) // 12 if goes_on else 5
    ticks = (batch_of(labels, judged[:, at : at + 2], at) for at in range(0, ROWS, 2))
    opened = [one.opening for one in (watch.observe(batch, 0) for batch in ticks) if one.opening]
    assert [opening.entity for opening in opened] == ([] if goes_on else ["mail"])
