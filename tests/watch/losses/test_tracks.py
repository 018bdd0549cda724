"""Requests that go from one track of an application to another are not lost; those that reach neither are."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import METRICS, STEP_MS, Values, batch_of, labels_of, rows_of

TRACKS = {"svc1": "shop-blue", "svc2": "shop-green"}
LABELS = [
    own | {name: own[name].replace(own["service"], TRACKS[own["service"]]) for name in ("service", "pod")}
    if own.get("service") in TRACKS
    else own
    for own in labels_of(services=8)
]
LEARNED, ROWS, SWITCH, REMOVED = 600, 120, 20, 80
IDLE = {
    "http_requests_total": 0.0,
    "http_requests_failed_total": 0.0,
    "container_cpu_usage_seconds_total": 0.05,
    "container_memory_working_set_bytes": 0.6,
    "work_queue_length": 0.0,
}
"""What a track without requests has of the usual."""


def idle(values: Values, track: str, rows: slice) -> None:
    for i, own in enumerate(LABELS):
        if own.get("service") == track:
            values[i, rows] *= IDLE.get(own["__name__"], 1.0)


@pytest.mark.parametrize(("reaches_green", "opens"), [(1.0, []), (0.1, ["shop-blue"])])
def test_a_switch_opens_nothing_unless_requests_get_lost(reaches_green: float, opens: list[str]) -> None:
    watch = ClusterWatch(AnalysisSettings(), STEP_MS)
    history, rows = rows_of(LABELS, LEARNED, 1), rows_of(LABELS, ROWS, 2)
    idle(history, "shop-green", slice(None))
    idle(rows, "shop-green", slice(SWITCH))
    idle(rows, "shop-blue", slice(SWITCH, None))
    for i, own in enumerate(LABELS):
        if own.get("service") == "shop-green" and own["__name__"] == METRICS[0][0]:
            rows[i, SWITCH:] *= reaches_green
        if own.get("service") == "shop-blue":
            rows[i, REMOVED:] = np.nan
    watch.learn(batch_of(LABELS, history, -LEARNED))
    seen = [
        watch.observe(batch_of(LABELS, rows[:, at : at + 2], at), STEP_MS * at) for at in range(0, ROWS, 2)
    ]
    assert [one.opening.entity for one in seen if one.opening] == opens


def test_a_track_that_began_just_before_the_switch_takes_over_too() -> None:
    """Its level follows the switch first; what the other one is kept ready with is no waste."""
    watch, began = ClusterWatch(AnalysisSettings(), STEP_MS), SWITCH - 10
    history, rows = rows_of(LABELS, LEARNED, 1), rows_of(LABELS, ROWS, 2)
    green = np.array([own.get("service") == "shop-green" for own in LABELS])
    idle(rows, "shop-green", slice(SWITCH))
    requests = [i for i, own in enumerate(LABELS) if own["__name__"] == METRICS[0][0]]
    blue = [i for i in requests if LABELS[i].get("service") == "shop-blue"]
    rows[blue, SWITCH:] = 0.0
    kept = [own for own, is_green in zip(LABELS, green, strict=True) if not is_green]
    watch.learn(batch_of(kept, history[~green], -LEARNED))
    for at in range(0, ROWS, 2):
        labels, mine = (kept, ~green) if at < began else (LABELS, np.ones(len(LABELS), np.bool_))
        seen = watch.observe(batch_of(labels, rows[mine, at : at + 2], at), STEP_MS * at)
        assert seen.opening is None
