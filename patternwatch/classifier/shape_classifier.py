"""Naming a series: what the network says, and what the tenant's examples say beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.findings import Taught


class Prediction(NamedTuple):
    """What N windows are named.

    probabilities  float32 (N, 15) in the order of PATTERNS, corrections included
    taught         for each window what the examples say of it, None where they say nothing
    """

    probabilities: npt.NDArray[np.float32]
    taught: Sequence[Taught | None]

    @classmethod
    def plain(cls, probabilities: npt.NDArray[np.float32]) -> "Prediction":
        """Where there are no examples."""
        return cls(probabilities, [None] * len(probabilities))


@dataclass(frozen=True, slots=True)
class PlainClassifier:
    """The `ShapeClassifier` of a bare classifier, (N, T) values and a split row to (N, 15) probabilities."""

    classify: Callable[[npt.NDArray[Any], int], npt.NDArray[np.float32]]
    version: str = ""

    def name(self, values: npt.NDArray[Any], split: int) -> Prediction:
        """See `ShapeClassifier.name`."""
        return Prediction.plain(self.classify(values, split))


class ShapeClassifier(Protocol):
    """What a report is concluded with; it stays the same while the report is made."""

    @property
    def version(self) -> str:
        """Which model this is."""
        ...

    def name(self, values: npt.NDArray[Any], split: int) -> Prediction:
        """Name windows (N, T) whose current part begins at row `split`; NaN is a gap."""
        ...
