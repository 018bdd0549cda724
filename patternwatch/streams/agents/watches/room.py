"""The memory that the watches of a worker may take: one that does not fit is refused, and says why."""

from patternwatch.analysis.metrics.values_in_words import value_in_words
from patternwatch.contracts.errors import WatchError
from patternwatch.contracts.watches import Watch
from patternwatch.usable_memory import watch_memory_bytes
from patternwatch.watch.cost import BYTES_PER_SERIES


class WatchRoom:
    """Series by watch, and how many fit.

    mib  for all of them, see `watch_memory_bytes`

    >>> room = WatchRoom(mib=1)
    >>> shop = Watch(name="shop", tenant="default", selector="up")
    >>> room.take(shop, 100)
    >>> room.take(Watch(name="bank", tenant="default", selector="down"), 100)
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.WatchError: Watch bank needs 800 KiB for 100 series, and 224 KiB of 1 MiB \
are left here. Narrow its selector, start more workers, or raise watch_memory_mib; `patternwatch watches \
cost` says what a selector takes
    """

    def __init__(self, mib: int | None = None) -> None:
        self._bytes = watch_memory_bytes(mib)
        self._series: dict[tuple[str, str], int] = {}
        self._lent: dict[tuple[str, str], int] = {}

    @property
    def left(self) -> int:
        """Bytes that are left; negative where watches have grown beyond their room."""
        return self._bytes - BYTES_PER_SERIES * sum(self._series.values())

    def take(self, watch: Watch, series: int) -> None:
        """Have room for so many series of this watch; raises WatchError where there is too little."""
        self.leave(watch)
        needed, left = BYTES_PER_SERIES * series, self.left
        if needed > left:
            raise WatchError(
                f"Watch {watch.name} needs {_in_words(needed)} for {series:,} series, and "
                f"{_in_words(max(left, 0))} of {_in_words(self._bytes)} are left here",
                "Narrow its selector, start more workers, or raise watch_memory_mib; "
                "`patternwatch watches cost` says what a selector takes",
            )
        self.note(watch, series)

    def note(self, watch: Watch, series: int) -> None:
        """It has so many series now: one that grows goes on, and leaves less for the next one."""
        self._series[watch.tenant, watch.name] = series

    def series(self, watch: Watch) -> int:
        """How many it has, at the last note."""
        return self._series.get((watch.tenant, watch.name), 0)

    def lend(self, watch: Watch, count: int) -> bool:
        """Whether this watch may take so many bytes for what it could do without, until it asks again.

        Watches go first: what is lent is none that another one lacks.

        >>> room = WatchRoom(mib=1)
        >>> shop, bank = (Watch(name=name, tenant="default", selector="up") for name in ("shop", "bank"))
        >>> room.take(shop, 50)
        >>> room.lend(shop, 500_000), room.lend(bank, 500_000), room.take(bank, 50), room.lend(shop, 500_000)
        (True, False, None, False)
        """
        key = watch.tenant, watch.name
        self._lent.pop(key, None)
        if self.left - sum(self._lent.values()) < count:
            return False
        self._lent[key] = count
        return True

    def leave(self, watch: Watch) -> None:
        """It is no longer here."""
        self._series.pop((watch.tenant, watch.name), None)
        self._lent.pop((watch.tenant, watch.name), None)


def _in_words(count: int) -> str:
    return value_in_words(count, "bytes")
