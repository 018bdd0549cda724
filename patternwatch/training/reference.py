"""Makes the reference set that taught shapes are compared with.

`python -m patternwatch.training.reference` writes it where the classifier looks for it.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.metrics import NONE
from patternwatch.classifier.reference import FILE, Reference
from patternwatch.training.config import GeneratorConfig
from patternwatch.training.generator import generate
from patternwatch.training.recorded import recorded_windows

WINDOWS = 800
SEED = 2_000_003
"""Other draws than training and validation see."""


def make_reference(count: int = WINDOWS, seed: int = SEED, jobs: int = 1) -> Reference:
    """Generated windows of every class, laid over synthetic and recorded backgrounds.

    Those with a second acceptable name are left out: no one is wrong who takes them for that.
    """
    config = GeneratorConfig()
    windows = generate(2 * count, seed, config, recorded_windows(config.incidents), jobs)
    windows = windows.take(np.flatnonzero(windows.second == NONE)[:count])
    return Reference(_in_own_unit(windows.values), windows.split, windows.label)


def write_reference(reference: Reference, path: Path = FILE) -> None:
    """Write it in half precision: the features do not care about a thousandth of a series' reach."""
    np.savez_compressed(
        path,
        values=reference.values.astype(np.float16),
        split=reference.split.astype(np.int16),
        label=reference.label.astype(np.int8),
    )


def _in_own_unit(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Without unit and offset, so that half precision is enough."""
    centred = values - np.nanmedian(values, axis=1, keepdims=True)
    size = np.nanmax(np.abs(centred), axis=1, keepdims=True)
    return np.asarray(centred / np.where(size > 0, size, 1.0), dtype=np.float32)


if __name__ == "__main__":
    write_reference(make_reference())
