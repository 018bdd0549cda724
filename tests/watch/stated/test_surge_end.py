"""Requests that are fewer again at the end of a surge, which more replicas served, are not lost."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import STEP_MS, batch_of, labels_of, of, rows_of

SHOP = labels_of(services=4)
LABELS = [*SHOP, {"__name__": "kube_deployment_spec_replicas", "namespace": "shop", "deployment": "svc2"}]
LEARNED, ROWS, UP, DOWN = 600, 160, 20, 100


@pytest.mark.parametrize(("replicas", "left", "opens"), [(4, 1.0, False), (2, 1.0, True), (4, 0.3, True)])
def test_only_fewer_requests_than_before_the_surge_open(replicas: int, left: float, opens: bool) -> None:
    watch, judged = ClusterWatch(AnalysisSettings(), STEP_MS), rows_of(SHOP, ROWS, seed=2)
    usual = np.full((1, LEARNED), 2.0)
    watch.learn(batch_of(LABELS, np.vstack([rows_of(SHOP, LEARNED, seed=1), usual]), -LEARNED))
    requests = of(SHOP, "svc2", "http_requests_total")
    judged[requests, UP:DOWN] *= np.minimum(1 + np.arange(DOWN - UP) / 10, 2.0)
    judged[requests, DOWN:] *= left
    wished = np.where((np.arange(ROWS) >= UP + 6) & (np.arange(ROWS) < DOWN + 20), float(replicas), 2.0)
    judged = np.vstack([judged, wished[None]])
    ticks = (batch_of(LABELS, judged[:, at : at + 2], at) for at in range(0, ROWS, 2))
    assert any(watch.observe(batch, int(batch.times[-1])).opening for batch in ticks) is opens
