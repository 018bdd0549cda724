"""Spans of bytes in compiled code: whether two are equal, and a hash of one."""

import numpy as np

from patternwatch.compiled import Bytes, Integer, kernel
from patternwatch.cortex.wire.words import load_word

_WORD = 8
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@kernel(inline="always")
def hash_of(data: Bytes, start: Integer, stop: Integer) -> Integer:
    """A number that equal bytes share: by words of eight, the last of which may overlap the one before."""
    value = np.uint64(stop - start)
    if stop - start < _WORD:
        for at in range(start, stop):
            value = (value ^ np.uint64(data[at])) * _FACTOR
    else:
        while start < stop - _WORD:
            value = (value ^ load_word(data, start)) * _FACTOR
            value ^= value >> np.uint64(29)
            start += _WORD
        value = (value ^ load_word(data, stop - _WORD)) * _FACTOR
    value ^= value >> np.uint64(29)
    return np.int64(value >> np.uint64(1))


@kernel(inline="always")
def are_equal(
    data: Bytes, start: Integer, stop: Integer, others: Bytes, other: Integer, other_stop: Integer
) -> bool:
    """Whether the bytes of the first span are those of the second, of another array perhaps."""
    if stop - start != other_stop - other:
        return False
    if stop - start < _WORD:
        unlike = 0
        for k in range(stop - start):
            unlike += data[start + k] != others[other + k]
        return unlike == 0
    while start < stop - _WORD:
        if load_word(data, start) != load_word(others, other):
            return False
        start += _WORD
        other += _WORD
    return bool(load_word(data, stop - _WORD) == load_word(others, other_stop - _WORD))
