"""The reference set: windows of every known class that taught shapes must not swallow.

The windows ship, not their embedding, so that a model swapped in needs nothing besides itself.
`python -m patternwatch.training.reference` makes the file.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).parent / "model" / "reference.npz"


@dataclass(frozen=True, slots=True)
class Reference:
    """R windows with their classes.

    values  (R, 300), NaN for a gap; in a unit of their own
    split   (R,), first row of the current part
    label   (R,), position in PATTERNS
    """

    values: npt.NDArray[np.float32]
    split: npt.NDArray[np.int64]
    label: npt.NDArray[np.int64]


def load_reference(path: Path = FILE) -> Reference:
    """The reference set that is shipped."""
    with np.load(path, allow_pickle=False) as file:
        return Reference(
            file["values"].astype(np.float32), file["split"].astype(np.int64), file["label"].astype(np.int64)
        )
