"""Arrays by slot, entity or pod that get longer as new ones come."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

_Number = TypeVar("_Number", bound=np.generic)


def grown(array: npt.NDArray[_Number], size: int, empty: float = 0) -> npt.NDArray[_Number]:
    """The array, shape (N, ...), with rows of `empty` up to `size`; the same one where none are missing.

    >>> grown(np.ones((1, 2), dtype=np.float32), 2, np.nan).tolist()
    [[1.0, 1.0], [nan, nan]]
    """
    if len(array) >= size:
        return array
    return np.concatenate([array, np.full((size - len(array), *array.shape[1:]), empty, dtype=array.dtype)])
