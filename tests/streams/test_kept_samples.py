"""What a worker keeps of its source: as much as its settings say, and its metric tells how much."""

import pytest

from patternwatch.contracts.series import Window
from patternwatch.streams.services import Services
from patternwatch.streams.settings import WorkerSettings
from tests.cortex.test_kept_windows import LiveSource
from tests.fakes.shapes import FakeShapes

WINDOW = Window(start_ms=1000, split_ms=5000, end_ms=10_000, step_ms=1000)


@pytest.mark.parametrize(("max_samples", "kept"), [(100, 11.0), (10, 0.0)])
async def test_kept_samples_are_bounded_by_a_setting_and_shown(max_samples: int, kept: float) -> None:
    source = LiveSource([(0, at_ms, 1.0) for at_ms in range(1000, 10_001, 1000)])
    services = Services(WorkerSettings(max_kept_samples=max_samples), source, FakeShapes())
    await services.windows.fetch("r1", "t", (), WINDOW, again=True)
    told = services.metrics.registry.get_sample_value
    assert told("patternwatch_kept_samples", {"reader": "looks"}) == kept
