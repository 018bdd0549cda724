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

    >>> seconds = iter([0.0, 5.0, 11.0])
    >>> recent: Recent[str, int] = Recent(kept_s=10.0, clock=lambda: next(seconds))
    >>> for number, key in enumerate(["a", "b", "c"]):
    ...     recent.put(key, number)
    >>> recent.get("a"), recent.get("b"), "c" in recent
    (None, 1, True)
    """

    def __init__(
        self, kept_s: float = MANUAL_KEPT_MS / 1000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept_s = kept_s
        self._clock = clock
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def get(self, key: K) -> V | None:
        """Its value; None where none was put lately."""
        found = self._values.get(key)
        return None if found is None else found[1]

    def put(self, key: K, value: V) -> None:
        """Know this value from now on, and forget those of long ago."""
        now_s = self._clock()
        self._values[key] = now_s, value
        self._values.move_to_end(key)
        while next(iter(self._values.values()))[0] < now_s - self._kept_s:
            self._values.popitem(last=False)

    def clear(self) -> None:
        """Know none."""
        self._values.clear()
