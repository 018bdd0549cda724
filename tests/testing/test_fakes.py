"""The fakes behave as what they stand for."""

from pathlib import Path

import numpy as np
import pytest

from patternwatch.contracts.errors import SourceUnavailableError
from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.series import Window
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.source import SeriesSource
from patternwatch.testing import FakeSource, make_bundle

STEP_MS, ROWS = 15_000, 8
LABELS = [{"__name__": name, "pod": pod} for name in ("cpu", "memory") for pod in ("a", "b")]
VALUES = np.arange(4.0 * ROWS).reshape(4, ROWS)
VALUES[1, 3] = np.nan
WINDOW = Window(start_ms=0, split_ms=5 * STEP_MS, end_ms=(ROWS - 1) * STEP_MS, step_ms=STEP_MS)
ONLY_B = (Matcher(name="pod", op="=", value="b"),)


async def test_a_source_answers_for_the_series_under_the_matchers() -> None:
    fake = FakeSource(LABELS, VALUES)
    source: SeriesSource = fake
    assert await source.count("t", ONLY_B, WINDOW) == {"cpu": 1, "memory": 1}
    partition = await source.partition("t", (), WINDOW, 2)
    assert partition is not None
    assert (partition.label, partition.series) == ("pod", 4)
    batch = await source.fetch("t", ONLY_B, WINDOW)
    assert batch.labels == [LABELS[1], LABELS[3]]
    np.testing.assert_array_equal(batch.values, VALUES[[1, 3]])
    await source.close()
    assert fake.closed
    assert [call[0] for call in fake.calls] == ["count", "partition", "fetch"]


async def test_a_source_fails_as_often_as_told() -> None:
    source = FakeSource(LABELS, VALUES, fail=[SourceUnavailableError("away")])
    with pytest.raises(SourceUnavailableError):
        await source.fetch("t", (), WINDOW)
    assert len(await source.fetch("t", (), WINDOW)) == 4
    with pytest.raises(ValueError, match="rows"):
        await source.fetch("t", (), Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1))


async def test_a_bundle_made_of_arrays_gives_them_back(tmp_path: Path) -> None:
    path = make_bundle(tmp_path / "made.parquet", LABELS, VALUES, split=5, step_ms=STEP_MS)
    source = BundleSource(path)
    incident = source.incident
    window = Window(
        start_ms=incident.start_ms, split_ms=incident.at_ms, end_ms=incident.end_ms, step_ms=STEP_MS
    )
    batch = await source.fetch("t", (), window)
    assert batch.labels == LABELS
    assert window.split_row == 5
    np.testing.assert_array_equal(batch.values, VALUES)
