"""Batches for property tests: random, tied, constant, gappy, tiny, huge, stepping."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patternwatch.detectors.base import Matrix, Vector

ROWS, SPLIT = 70, 45


@st.composite
def rows(draw: DrawFn, length: int = ROWS) -> Vector:
    """One series of a kind that real metrics come in."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    match draw(st.sampled_from(["noise", "walk", "tied", "constant", "counter", "mostly zero", "shift"])):
        case "noise":
            x = rng.normal(size=length)
        case "walk":
            x = rng.normal(size=length).cumsum()
        case "tied":
            x = rng.integers(0, 3, size=length).astype(float)
        case "constant":
            x = np.full(length, 7.5)
        case "counter":
            x = rng.integers(0, 9, size=length).cumsum().astype(float)
        case "mostly zero":
            x = np.where(rng.random(length) < 0.05, rng.integers(1, 5, size=length), 0).astype(float)
        case _:
            x = rng.normal(size=length) + 20.0 * (np.arange(length) >= SPLIT)
    x = x * draw(st.sampled_from([1.0, 1e-9, 1e12]))
    gaps = rng.random(length) < draw(st.sampled_from([0.0, 0.0, 0.1, 0.6, 1.0]))
    return np.where(gaps, np.nan, x)


def batches(most: int = 4) -> SearchStrategy[Matrix]:
    """A few series together."""
    return st.lists(rows(), min_size=1, max_size=most).map(np.array)
