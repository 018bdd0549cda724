"""What was done lately: whatever comes a second time within minutes is known.

Kafka delivers a record again after a crash or a rebalance, as a rule within a session and a deadline. What
comes later is told by the state of its look. So a process remembers by time: its memory depends on how much
it does in ten minutes, not on how long it has run.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from patternwatch.streams.state.ended_looks import MANUAL_KEPT_MS

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The values that were put within the last `kept_s`, by key.

    >>> now_s = 0.0
    >>> recent: Recent[str, int] = Recent(kept_s=10.0, clock=lambda: now_s)
    >>> recent.put("a", 1)
    >>> now_s = 5.0
    >>> recent.put("b", 2)
    >>> now_s = 11.0
    >>> recent.get("a"), recent.get("b"), len(recent)
    (None, 2, 1)
    """

    def __init__(
        self, kept_s: float = MANUAL_KEPT_MS / 1000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept_s = kept_s
        self._clock = clock
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        self._forget(self._clock())
        return len(self._values)

    def __contains__(self, key: K) -> bool:
        self._forget(self._clock())
        return key in self._values

    def get(self, key: K) -> V | None:
        """Its value; None where none was put lately."""
        self._forget(self._clock())
        found = self._values.get(key)
        return None if found is None else found[1]

    def put(self, key: K, value: V) -> None:
        """Know this value from now on."""
        now_s = self._clock()
        self._values[key] = now_s, value
        self._values.move_to_end(key)
        self._forget(now_s)

    def clear(self) -> None:
        """Know none."""
        self._values.clear()

    def _forget(self, now_s: float) -> None:
        """Let go of what was put too long ago: the oldest come first."""
        while self._values and next(iter(self._values.values()))[0] < now_s - self._kept_s:
            self._values.popitem(last=False)
