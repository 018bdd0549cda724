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


DISK = {"__name__": "node_filesystem_avail_bytes", "job": "node", "instance": "node0", "mountpoint": "/var"}


@pytest.mark.parametrize(("left", "opens"), [(0.04, True), (0.5, False)])
def test_a_machine_opens_only_where_its_space_runs_out(left: float, opens: bool) -> None:
    watch, rng = ClusterWatch(AnalysisSettings(), STEP_MS), np.random.default_rng(4)

    def values(rows: int, part: float, seed: int) -> Values:
        return np.vstack([rows_of(SHOP, rows, seed), 1e9 * part * (1 + 0.002 * rng.normal(size=(1, rows)))])

    labels = [*SHOP, DISK]
    watch.learn(batch_of(labels, values(LEARNED, 1.0, 1), -LEARNED))
    seen = [
        watch.observe(batch_of(labels, values(2, left, at), at), STEP_MS * at) for at in range(0, ROWS, 2)
    ]
    assert [one.opening.entity for one in seen if one.opening] == (["node0"] if opens else [])


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
