"""The bank: incremental statistics of every series of a cluster, against each series' own history."""

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.columns import Columns
from patternwatch.watch.members import Members
from patternwatch.watch.suspects import Suspects


class SeriesBank:
    """Rings, levels and tails of N series."""

    def __init__(
        self, step_ms: int, ring_rows: int = 480, block_rows: int = 60, history_blocks: int = 336
    ) -> None:
        raise NotImplementedError

    def update(self, columns: Columns, members: Members) -> Suspects:
        """Take new rows, and say which series are not as ever."""
        raise NotImplementedError

    def reset(self, slots: Integers) -> None:
        """Forget what is kept for these slots."""
        raise NotImplementedError

    def learn(self, times_ms: Integers, values: Floats32, members: Members) -> None:
        """Fill rings and tails from history, shape (N, T), without judging it."""
        raise NotImplementedError

    def hold(self, slots: Flags) -> None:
        """By slot: of which series nothing is learned as normal from now on."""
        raise NotImplementedError

    @property
    def bytes_per_series(self) -> float:
        """Bytes of all arrays by slot."""
        raise NotImplementedError

    def snapshot(self) -> dict[str, npt.NDArray[np.generic]]:
        """Its arrays by name."""
        raise NotImplementedError

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        """Go on from those arrays."""
        raise NotImplementedError
