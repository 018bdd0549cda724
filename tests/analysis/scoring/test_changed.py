"""What is trouble by its meaning is judged by its size alone; other things need more than one move."""

import numpy as np
import pytest

from patternwatch.analysis.metrics.categories import CategoryTable
from patternwatch.analysis.scanning.screening import screen
from patternwatch.analysis.scoring.family_movements import movements_of
from patternwatch.contracts.series import SeriesBatch

TIME = np.arange(300)
FELL = np.where(TIME >= 265, 0.0, 1.0)
ROSE = np.where(TIME == 265, 4.0, 0.0)


def flagged(name: str, values: np.ndarray, earlier: np.ndarray | None = None) -> bool:
    batch = SeriesBatch([{"__name__": name}], 30_000 * TIME, values[None], [""])
    if earlier is not None:
        batch = SeriesBatch(batch.labels, batch.times, batch.values, [""], seasonal_reference=earlier[None])
    return bool(screen(batch, 240, [CategoryTable().category_of(batch.labels[0], "")])[0].flagged[0])


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("up", FELL, True),
        ("success_rate", FELL, True),
        ("request_errors", ROSE, True),
        ("heap_bytes", ROSE, False),
        ("cpu_usage", FELL, False),
        ("queue_length", ROSE, False),
        ("request_latency", ROSE, False),
    ],
)
def test_one_move_of_what_never_moved_counts_by_what_it_means(
    name: str, values: np.ndarray, wanted: bool
) -> None:
    assert flagged(name, values) == wanted
    quiet_yesterday = values[0] + 0.001 * np.random.default_rng(0).normal(size=300)
    assert flagged(name, values, quiet_yesterday) == wanted


def test_what_a_family_shows_by_chance_is_counted_as_it_is_judged_now() -> None:
    ticks = np.zeros((60, 300))
    ticks[:30, 20] = ticks[30:, 265] = 1.0
    for category, past in (("error", 30), ("memory", 0)):
        moved = np.arange(60) >= 30
        found = movements_of(ticks, 240, moved, ["ticks"] * 60, [category] * 60)["ticks"]
        assert (len(found.now), len(found.past)) == (0, 0)  # a tick alone has no size
        held = np.where(
            np.arange(300) < 30, ticks.max(axis=1, keepdims=True) * (np.arange(60) < 30)[:, None], 0.0
        )
        later = movements_of(held, 240, moved, ["held"] * 60, [category] * 60)["held"]
        assert len(later.past) == past
