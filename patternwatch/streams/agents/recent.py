"""A bounded memory of ids: the latest ones are known, the oldest are forgotten first."""

from collections import OrderedDict
from collections.abc import Hashable


class RecentIds:
    """The latest `max_entries` ids that were added."""

    def __init__(self, max_entries: int = 20_000) -> None:
        self._max_entries = max_entries
        self._ids: OrderedDict[Hashable, None] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._ids

    def add(self, key: Hashable) -> None:
        """Know this id from now on."""
        self._ids[key] = None
        self._ids.move_to_end(key)
        while len(self._ids) > self._max_entries:
            self._ids.popitem(last=False)

    def clear(self) -> None:
        """Know none."""
        self._ids.clear()
