"""Gauges of work that runs which fall to nothing and stay there: nothing is running any more.

How many tasks, threads or connections there are swings with what is asked, often so widely that a fall to
nothing is no larger than what is usual. But what was never at nothing in hours, and now is and stays so, does
something that it never did. What waits, such as the length of a queue, is none of it: to be done is its end.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from patternwatch.analysis.metrics.category_rules import WAITS
from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.contracts.series import Flags, Labels, Matrix
from patternwatch.detectors import CHANGE, Detection
from patternwatch.detectors.change_ratios import MANY_POINTS

_RUNNING = re.compile(
    r"(^|_)(running|active|busy|in_use|in_flight|consumers?|connections?|connected|sessions?|threads?"
    r"|workers?|members?|alive|ready)(_|$)"
)
_OTHERS = re.compile(rf"{WAITS}|(^|_)(idle|free|messages?|max|min|limit|capacity|last|failed|errors?)(_|$)")
_CONSUMERS = re.compile(r"(^|_)consumers?(_count)?$")
"""Those of a queue, which wait for no one (RabbitMQ's `detailed_queue_consumers`)."""
_STAYS = 3
"""Rows at nothing from which it stays so; of 7,550 normal windows of `benchmarks.filter` none has as many."""


@lru_cache(maxsize=50_000)
def tells_consumers(name: str) -> bool:
    """Whether a gauge tells how many take work from a queue.

    >>> [tells_consumers(name) for name in ("rabbitmq_queue_consumers", "rabbitmq_queue_messages_ready")]
    [True, False]
    """
    return _CONSUMERS.search(in_snake_case(name)) is not None


@lru_cache(maxsize=50_000)
def tells_running_work(name: str) -> bool:
    """Whether a gauge tells how much work runs, by its name.

    >>> [tells_running_work(name) for name in ("executor_running_tasks", "queue_consumers", "queue_length")]
    [True, True, False]
    """
    if tells_consumers(name):
        return True
    snake = in_snake_case(name)
    return _RUNNING.search(snake) is not None and _OTHERS.search(_RUNNING.sub("_", snake, count=1)) is None


def are_running_work(labels: Sequence[Labels], derivations: Sequence[str]) -> Flags:
    """Which of N series are gauges of running work, shape (N,).

    >>> are_running_work([{"__name__": "threads_busy"}] * 2, ["", "rate"]).tolist()
    [True, False]
    """
    told = zip(labels, derivations, strict=True)
    return np.array([not own and tells_running_work(one.get("__name__", "")) for one, own in told], bool)


def fell_to_nothing(values: Matrix, split: int, running: Flags) -> Flags:
    """Which of N series were never 0 before a row, fell to 0 from it on and stayed there, shape (N,).

    values   shape (N, T); NaN is a gap
    running  which may (`are_running_work`), shape (N,)

    >>> values = np.where(np.arange(300) < 250, 9.0, 0.0)[None]
    >>> [fell_to_nothing(values, row, np.array([True])).tolist() for row in (240, 260)]
    [[True], [False]]
    """
    found = np.zeros(len(values), dtype=bool)
    goes_on = np.abs(values[:, -1]) > 0.0  # most do, at a glance; a gap may hide either
    for i in np.flatnonzero(running & ~goes_on).tolist():
        own = values[i]
        before, since = own[:split], own[split:]
        before, since = before[np.isfinite(before)], since[np.isfinite(since)]
        if len(before) < MANY_POINTS or before.min() <= 0.0 or len(since) < _STAYS:
            continue
        found[i] = not since[-_STAYS:].any() and not since[np.argmin(since != 0.0) :].any()
    return found


def changed_by_its_end(change: Detection, ended: Flags) -> Detection:
    """The detection with what fell to nothing among the changed, however widely it swung before.

    ended  which of N series did, shape (N,)

    >>> change = Detection(np.array([0.3, 0.3]), np.array([False, False]))
    >>> changed_by_its_end(change, np.array([True, False])).flagged.tolist()
    [True, False]
    """
    if not ended.any():
        return change
    score = np.where(ended, np.maximum(change.score, CHANGE.threshold), change.score)
    return Detection(score, score >= CHANGE.threshold, change.figures)
