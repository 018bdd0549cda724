"""Order statistics of a few, some dozen and some hundred values, by the way that is fastest for so many.

Insertion for five, since most are in order already. Of some dozen, how many each of them exceeds is counted:
processors compare eight at once, and guess no branch wrongly. Of hundreds, the one in the middle is found
without the order of the others (Hoare, "Algorithm 65: Find", 1961). Values are finite: gaps are left out.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Integer, Ints32, kernel
from patternwatch.contracts.arrays import Floats32

F = TypeVar("F", np.float32, np.float64)


@kernel(inline="always")
def median_in_place(values: Floats32, count: Integer) -> np.float32:
    """The median of the first `count` values, a handful and at least 1, which it sorts.

    >>> float(median_in_place(np.float32([3, 1, 2, 5]), 4))
    2.5
    """
    for i in range(1, count):
        value, j = values[i], i - 1
        while j >= 0 and values[j] > value:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = value
    half = count // 2
    if count % 2:
        return np.float32(values[half])
    return np.float32(np.float32(0.5) * (values[half - 1] + values[half]))


@kernel
def median_by_ranks(values: Floats32, count: Integer, ranks: Ints32) -> np.float32:
    """The median of the first `count` values, some dozen and at least 1.

    ranks  scratch int32, at least `count` long

    >>> float(median_by_ranks(np.float32([3, 1, 2, 5]), 4, np.empty(4, dtype=np.int32)))
    2.5
    """
    for j in range(count):
        ranks[j] = 0
    for k in range(count):
        other = values[k]
        for j in range(count):
            ranks[j] += np.int32(values[j] > other)
    half = count // 2
    # Of equal values all have the lowest one's rank: the n-th is the largest of those that rank n or lower.
    lower, upper = np.float32(-np.inf), np.float32(-np.inf)
    for j in range(count):
        value = values[j]
        upper = value if ranks[j] <= half and value > upper else upper
        lower = value if ranks[j] <= half - 1 and value > lower else lower
    return np.float32(upper if count % 2 else np.float32(0.5) * (lower + upper))


@kernel
def nth_in_place(values: npt.NDArray[F], count: Integer, n: Integer) -> F:
    """What would be value `n` of the first `count` ones if they were in order; it changes their order.

    >>> [float(nth_in_place(np.float32([3, 1, 2, 5]), 4, n)) for n in range(4)]
    [1.0, 2.0, 3.0, 5.0]
    """
    low, high = 0, count - 1
    while low < high:
        pivot, i, j = values[n], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if j < n:
            low = i
        if n < i:
            high = j
    found: F = values[n]
    return found
