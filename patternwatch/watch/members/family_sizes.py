"""How many series an entity has of one metric, and in how many of its parts."""

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.watch.members.slot_arrays import SlotArrays


def family_sizes(members: SlotArrays, present: Flags, families: int, pods: int) -> tuple[Integers, Integers]:
    """By slot: how many series its entity has of its family, and in how many parts, 1 at least.

    present         by slot: whether its series is there
    families, pods  how many numbers of either are given

    >>> members = SlotArrays()
    >>> slots = [members.take_slot() for _ in range(3)]
    >>> members.pod[slots] = [0, 0, 1]
    >>> sizes, parts = family_sizes(members, np.arange(len(members)) < 3, families=1, pods=2)
    >>> int(sizes[0]), int(parts[0])
    (3, 2)
    """
    there = np.flatnonzero(present)
    key = members.entity.astype(np.int64) * families + members.family
    metrics, of = np.unique(key[there], return_inverse=True)
    pairs = np.unique(of * pods + members.pod[there]) // max(1, pods)
    at = np.minimum(np.searchsorted(metrics, key), max(0, len(metrics) - 1))
    counts = np.bincount(of, minlength=1)[at], np.bincount(pairs, minlength=1)[at]
    return np.maximum(counts[0], 1), np.maximum(counts[1], 1)
