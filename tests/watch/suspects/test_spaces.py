"""A volume that is full opens a report; one that somebody writes a lot to does not."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Mute
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import STEP_MS, Values, batch_of, labels_of, rows_of

SHOP = labels_of(services=4)
METRIC = "kubelet_volume_stats_available_bytes"
LABELS = [*SHOP, {"__name__": METRIC, "namespace": "shop", "persistentvolumeclaim": "data-db-0"}]
LEARNED, ROWS = 600, 20


@pytest.mark.parametrize(
    ("left", "mutes", "opens"),
    [(0.04, (), True), (0.5, (), False), (0.04, (Mute(kind="metric", value=METRIC),), False)],
)
def test_only_a_space_of_which_hardly_anything_is_left_opens(
    left: float, mutes: tuple[Mute, ...], opens: bool
) -> None:
    watch = ClusterWatch(AnalysisSettings(), STEP_MS)
    rng = np.random.default_rng(3)

    def values(rows: int, part: float, seed: int) -> Values:
        space = 1e9 * part * (1 + 0.002 * rng.normal(size=(1, rows)))
        return np.vstack([rows_of(SHOP, rows, seed), space])

    watch.learn(batch_of(LABELS, values(LEARNED, 1.0, 1), -LEARNED))
    seen = [
        watch.observe(batch_of(LABELS, values(2, left, at), at), STEP_MS * at, mutes)
        for at in range(0, ROWS, 2)
    ]
    opened = [one.opening for one in seen if one.opening]
    assert bool(opened) == opens
    if opens:
        assert opened[0].entity.endswith("data-db-0")
        assert opened[0].why.startswith(f"{opened[0].entity}: {METRIC} is")
