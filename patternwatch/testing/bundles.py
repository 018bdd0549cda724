"""Recorded incidents made of arrays, for tests of what reads them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from patternwatch.compiled import Floats
from patternwatch.cortex.bundle import Incident, Truth, write_bundle
from patternwatch.cortex.raw import ragged


def make_bundle(
    path: Path,
    labels: Sequence[dict[str, str]],
    values: Floats,
    *,
    split: int,
    types: Sequence[str] = (),
    step_ms: int = 15_000,
    end_ms: int = 1_760_000_010_000,
    truth: Truth | None = None,
) -> Path:
    """Write series as an incident bundle, one sample a step, and return its path.

    labels  N label sets, `__name__` included
    values  raw samples, shape (N, T), the last at `end_ms`; NaN is a missing sample
    split   row at which the incident began, 0 < split < T
    types   N metric types as in `RawSeries`; gauges where they are not given
    truth   what was really wrong
    Raises ValueError for other shapes, and BundleError where the path cannot be written.
    """
    if values.ndim != 2 or len(labels) != len(values):
        raise ValueError(f"{len(labels)} label sets for values of the shape {values.shape}")
    rows = values.shape[1]
    if not 0 < split < rows:
        raise ValueError(f"a split lies between the rows 1 and {rows - 1}, not at {split}")
    times = end_ms - step_ms * np.arange(rows - 1, -1, -1, dtype=np.int64)
    known = ~np.isnan(values)
    series = ragged(
        list(labels),
        list(types) or ["gauge"] * len(labels),
        [times[own] for own in known],
        [row[own].astype(np.float64) for row, own in zip(values, known, strict=True)],
    )
    incident = Incident(
        name=path.stem,
        source="patternwatch.testing",
        step_ms=step_ms,
        start_ms=int(times[0]),
        end_ms=end_ms,
        at_ms=int(times[split]),
        truth=truth,
    )
    write_bundle(path, incident, series)
    return path
