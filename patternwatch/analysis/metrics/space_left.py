"""What is left of a space (a filesystem, its inodes, a volume, a battery) or a time, and whether it runs out.

Free bytes move all day, and how fast says as little as other work of a disk does. What says something is the
limit: from there on writes fail, processes are killed, machines stop. So a space is judged by what is left
of it, not by its speed. How large the whole is seldom stands in the same series; but it is no less than what
was left before, so what is under a tenth of that is under a tenth of the whole as well.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from patternwatch.analysis.metrics.time_left import tells_time_left
from patternwatch.compiled import Floats
from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.contracts.series import Flags, Matrix, Vector

_NEARLY_GONE = 0.1
"""Part of what was left, under which a space is about to run out: where the kubelet begins to evict pods by
default (`nodefs.available<10%`; kubernetes.io, "Node-pressure Eviction")."""
_SPACE = (
    r"disks?|fs|file_?systems?|files|inodes?|volumes?|storage|space|quota|swap|mem|memory|heap|battery|charge"
)
_LEFT = re.compile(
    rf"(^|_)({_SPACE})_(\w+_)?(avail|available|free|left|remaining)(_|$)"
    rf"|(^|_)(avail|available|free|left|remaining)_(\w+_)?({_SPACE})(_|$)"
    r"|battery_(\w+_)?(charge|capacity|level|runtime)(_|$)"
)
_USED = re.compile(rf"(^|_)({_SPACE})_(\w+_)?(used?|usage|utili[sz]ation|full)_?(percent(age)?|pct)$")
_KEPT_FULL = re.compile(r"(^|_)mem(ory)?_free|cache")
"""An operating system leaves no memory free: it holds copies of files there, and gives them up when asked."""
_WHOLE = 100.0
_SWING = 6.0
"""From the lowest to the highest of some 240 normal points, in standard deviations."""


@lru_cache(maxsize=50_000)
def _tells(name: str) -> int:
    """1 for what is left of a space or a time, -1 for the percentage in use, else 0."""
    snake = in_snake_case(name)
    if _KEPT_FULL.search(snake):
        return 0
    return -1 if _USED.search(snake) else int(_LEFT.search(snake) is not None or tells_time_left(name))


def left_of(names: Sequence[str], values: Floats) -> Floats:
    """What is left of a space by the values of each of N metrics, in their shape; NaN where it tells of none.

    names   of the metrics, as the source has them
    values  shape (N,) or (N, T), in the unit of each; of percentages in use up to 100

    >>> names = ["node_filesystem_avail_bytes", "disk_used_percent", "node_memory_MemFree_bytes"]
    >>> left_of(names, np.array([4e9, 97.0, 1e9])).tolist()
    [4000000000.0, 3.0, nan]
    """
    told = np.array([_tells(name) for name in names], dtype=np.int64).reshape(-1, *[1] * (values.ndim - 1))
    left = np.where(told > 0, values, np.where((told < 0) & (values <= _WHOLE), _WHOLE - values, np.nan))
    return np.asarray(np.where(left >= 0.0, left, np.nan))


def runs_out(names: Sequence[str], before: Vector, after: Vector) -> Flags:
    """Which of N series tell of a space of which under a tenth of what was left is left, shape (N,).

    before, after  the usual value of the baseline, and the farthest one since the onset, shape (N,)

    >>> runs_out(["node_filesystem_files_free"] * 3, np.full(3, 2e6), np.array([900.0, 1e6, 3e6])).tolist()
    [True, False, False]
    """
    if not any(map(_tells, names)):  # nearly always: it is asked for each onset, and of each finding
        return np.zeros(len(names), dtype=bool)
    was, left = left_of(names, before), left_of(names, after)
    return np.asarray((was > 0.0) & (left < _NEARLY_GONE * was))


def spread_of_left(names: Sequence[str], baseline: Matrix) -> Vector:
    """How far what is left of each of N spaces usually swings, as a standard deviation, shape (N,).

    baseline  shape (N, T); NaN is a gap

    A space that fills for a while before the alert has its own ramp in the baseline, which no spread around
    a middle leaves out. What is usual was made good again: a log that is rotated, a cache that is emptied.
    So it is the deepest fall from which the space came back, a sixth of it.

    >>> falling, rotated = np.linspace(90.0, 30.0, 7), np.array([90.0, 60.0, 30.0, 90.0, 60.0, 30.0, 90.0])
    >>> spread_of_left(["disk_free", "disk_free"], np.array([falling, rotated])).tolist()
    [0.0, 10.0]
    """
    told = np.array([_tells(name) for name in names], dtype=np.float64)[:, None]
    return usual_swing(told * baseline)  # but for a constant


def usual_swing(left: Matrix) -> Vector:
    """A sixth of the deepest fall from which each of N spaces came back, shape (N,); see `spread_of_left`.

    left  what is left, but for a constant, shape (N, T); NaN is a gap

    >>> usual_swing(np.array([[9.0, 3.0, 8.0]])).round(2).tolist()
    [0.83]
    """
    before = np.fmax.accumulate(left, axis=1)
    after = np.fmax.accumulate(left[:, ::-1], axis=1)[:, ::-1]
    fallen = np.nan_to_num(np.minimum(before, after) - left, nan=0.0)
    return np.asarray(fallen.max(axis=1, initial=0.0) / _SWING)
