"""A container whose memory reaches its limit opens a report; copies of files and one that was full do not."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import STEP_MS, Values, batch_of, labels_of, rows_of

SHOP = labels_of(services=4)
PODS = [{"namespace": "shop", "pod": f"mail-5d4f8c7b9-x2x{n}k", "container": "mail"} for n in "bc"]
USED, OWN = "container_memory_working_set_bytes", "container_memory_rss"
LIMIT = {"__name__": "kube_pod_container_resource_limits", "resource": "memory"}
LABELS = [
    *SHOP,
    *({"__name__": name, **pod} for name in (USED, OWN) for pod in PODS),
    *({**LIMIT, **pod} for pod in PODS),
]
LEARNED, ROWS = 2880, 80


@pytest.mark.parametrize(
    ("usual", "end", "own_end", "opens"),
    [
        (2e8, 4.9e8, 4.8e8, True),
        (2e8, 3.0e8, 2.9e8, False),
        (2e8, 4.9e8, 2.1e8, False),
        (4.6e8, 4.9e8, 4.8e8, False),
    ],
    ids=["leak", "far from the limit", "copies of files", "always near it"],
)
def test_only_memory_that_reaches_its_limit_opens(
    usual: float, end: float, own_end: float, *, opens: bool
) -> None:
    def quiet(number: int, seed: int) -> Values:
        noise = 1 + 0.01 * np.random.default_rng(seed + 9).normal(size=(4, number))
        return np.vstack([rows_of(SHOP, number, seed), usual * noise, np.full((2, number), 5e8)])

    watch, judged = ClusterWatch(AnalysisSettings(), STEP_MS), quiet(ROWS, 2)
    watch.learn(batch_of(LABELS, quiet(LEARNED, 1), -LEARNED))
    for row, last in ((0, end), (2, own_end)):
        judged[len(SHOP) + row, 20:60] = np.linspace(usual, last, 40)
        judged[len(SHOP) + row, 60:] = last
    ticks = (batch_of(LABELS, judged[:, at : at + 2], at) for at in range(0, ROWS, 2))
    seen = [watch.observe(batch, int(batch.times[-1])) for batch in ticks]
    assert [one.opening.entity for one in seen if one.opening] == (["mail"] if opens else [])
