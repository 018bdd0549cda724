"""Containers that ended by themselves or were killed, and were started again in their place.

A container that is restarted once, and well again, moves nothing for long; that it was is worth a word.
Source: github.com/kubernetes/kube-state-metrics, docs, "Pod Metrics"; github.com/google/cadvisor, docs.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.lives import Restart
from patternwatch.contracts.series import Labels, Matrix, Vector, Window

_OUT_OF_MEMORY = "container_oom_events_total"
_EXITS = frozenset(
    (
        "kube_pod_container_status_restarts_total",
        "kube_pod_init_container_status_restarts_total",
        _OUT_OF_MEMORY,
    )
)
_REASONS = frozenset(
    (
        "kube_pod_container_status_last_terminated_reason",
        "kube_pod_init_container_status_last_terminated_reason",
    )
)
_DONE = "Completed"
_USUAL = 2
"""Exits before, in the same window, that make one more of them usual."""
MAX_EXITS = 1_000
"""That a scan tells of."""


def exits_of(
    labels: Sequence[Labels], derivation: Sequence[str], values: Matrix, window: Window, earliest: int
) -> list[Restart]:
    """The last exit of each container that had one of late, and the reasons that are told of exits.

    values    of N series, shape (N, T); NaN is a gap
    earliest  first row at which a trouble can begin

    >>> window = Window(start_ms=0, split_ms=6000, end_ms=7000, step_ms=1000)
    >>> labels = [{"__name__": "kube_pod_container_status_restarts_total", "pod": "cart-0"}]
    >>> [exit] = exits_of(labels, ["rate"], np.array([[0, 0, 0, 0, 0, 0.1, 0, 0]]), window, 2)
    >>> exit.row, exit.is_exit
    (5, True)
    """
    found: list[Restart] = []
    for i, own in enumerate(labels):
        name = own.get("__name__", "")
        if name in _EXITS and derivation[i] == "rate":
            rows = np.flatnonzero(np.nan_to_num(values[i]) > 0.0)
            is_news = 0 < len(rows) <= _USUAL
            reason = "OOMKilled" if name == _OUT_OF_MEMORY else ""
        elif name in _REASONS and not derivation[i] and own.get("reason") != _DONE:
            rows = _beginning(values[i])
            is_news, reason = len(rows) > 0, own.get("reason", "")
        else:
            continue
        if is_news and (row := int(rows[-1])) >= earliest:
            at_ms = window.start_ms + row * window.step_ms
            found.append(Restart(labels=dict(own), row=row, at_ms=at_ms, is_exit=not reason, reason=reason))
    return found[:MAX_EXITS]


def _beginning(values: Vector) -> npt.NDArray[np.intp]:
    """The row from which on a state holds that did not hold before, if there is one."""
    holds = np.flatnonzero(np.nan_to_num(values) > 0.0)
    return holds[:1] if (holds > 0).all() else holds[:0]
