"""Which clusters are watched."""

from collections.abc import Iterable
from typing import Protocol

from patternwatch.contracts.settings import WatchSettings


class WatchBook(Protocol):
    """The watches that there are now."""

    def all(self) -> tuple[WatchSettings, ...]:
        """Every watch of every tenant."""
        ...

    def of(self, tenant: str, name: str) -> WatchSettings | None:
        """The watch of this name; None where there is none."""
        ...


class SettingsWatchBook:
    """The watches of the settings: the same as long as the process runs.

    >>> book = SettingsWatchBook([WatchSettings(name="shop", tenant="default", selector='{a="b"}')])
    >>> book.of("default", "shop") is book.all()[0], book.of("default", "bank")
    (True, None)
    """

    def __init__(self, watches: Iterable[WatchSettings]) -> None:
        self._watches = {(watch.tenant, watch.name): watch for watch in watches}

    def all(self) -> tuple[WatchSettings, ...]:
        """See `WatchBook.all`."""
        return tuple(self._watches.values())

    def of(self, tenant: str, name: str) -> WatchSettings | None:
        """See `WatchBook.of`."""
        return self._watches.get((tenant, name))
