"""Labelled windows, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Windows:
    """N labelled windows.

    values  float32 (N, 300), NaN for a gap
    split   (N,), first row of the current part
    label   (N,), position in PATTERNS; second (N,) likewise, -1 for none
    """

    values: npt.NDArray[np.float32]
    split: npt.NDArray[np.int64]
    label: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def joined(cls, parts: Sequence["Windows"]) -> "Windows":
        """All of them, in this order."""
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("values", "split", "label", "second")
            )
        )

    def take(self, rows: npt.NDArray[np.integer]) -> "Windows":
        """The windows at these positions."""
        return Windows(self.values[rows], self.split[rows], self.label[rows], self.second[rows])
