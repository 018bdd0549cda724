"""What blocks of coarse history lack: the noise of single rows, which the finer rows after them show.

A coarser row is a mean, or one sample of many: short excursions are not in it.
"""

import numpy as np

from patternwatch.compiled import Bytes

_TURN = 11
"""Blocks by which each day is turned: coprime to the 48 half hours of a day."""


def lend_fine_blocks(maxima: Bytes, coarse: range, fine: int, day: int) -> None:
    """Each coarse block takes at least what a finer one had, of another hour each day: none is a habit.

    maxima  uint8, shape (N, S, H): the maximum of each block, by its number modulo H; changed in place
    coarse  the numbers of the coarse blocks; the finer ones follow
    fine    how many these are, at least 1
    day     blocks of a day

    >>> maxima = np.array([[[0, 0, 3, 9]]], dtype=np.uint8)
    >>> lend_fine_blocks(maxima, range(0, 2), fine=2, day=48)
    >>> maxima.tolist()
    [[[3, 9, 3, 9]]]
    """
    history = maxima.shape[2]
    for block in coarse:
        turned = (block + block // day * _TURN) % min(fine, day)
        at, like = block % history, (coarse.stop + turned) % history
        np.maximum(maxima[:, :, at], maxima[:, :, like], out=maxima[:, :, at])
