"""Turns: what concerns one thing is done one after the other, what concerns several at the same time."""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """A lock for each key, kept as long as someone has or wants it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, key: str) -> asyncio.Lock:
        """The lock of this key; waiters get it in the order in which they asked."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock
