"""Which clusters are watched: those of the settings, and those on the topic `watch-definitions`."""

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.settings import KafkaSettings, WatchSettings
from patternwatch.contracts.topics import WATCH_DEFINITIONS, record_key
from patternwatch.contracts.watch_parts import with_whole
from patternwatch.contracts.watches import Watch
from patternwatch.kafka.compacted import CompactedTopic

log = structlog.get_logger()

Key: TypeAlias = tuple[str, str]
"""Tenant and name."""


class WatchBook(Protocol):
    """The watches that there are now."""

    def all(self) -> tuple[Watch, ...]:
        """Every watch of every tenant, those included that are paused; a part with what its whole says."""
        ...

    def of(self, tenant: str, name: str) -> Watch | None:
        """The watch of this name; None where there is none."""
        ...

    def made(self, tenant: str, name: str) -> Watch | None:
        """The record of this name, as it was made; None where there is none."""
        ...

    def knows(self, tenant: str) -> bool:
        """Whether it would have this tenant's watches."""
        ...


class Watches:
    """The latest watches, from the settings and from the records of the topic in their order.

    A watch that is data counts before one of the settings with its name, until it is ended. One of a tenant
    that this worker does not know is no watch of its.

    >>> book = Watches([WatchSettings(name="shop", tenant="default", selector="up")], ["default"])
    >>> book.apply(b"default/shop", None, 0)
    >>> [watch.selector for watch in book.all()], book.of("default", "bank")
    (['up'], None)
    """

    def __init__(self, configured: Iterable[WatchSettings], tenants: Iterable[str]) -> None:
        self._configured = {(w.tenant, w.name): Watch.of_settings(w) for w in configured}
        self._tenants = frozenset(tenants)
        self._made: dict[Key, Watch] = {}
        self._there = dict(self._configured)

    def all(self) -> tuple[Watch, ...]:
        """See `WatchBook.all`."""
        return tuple(self._there.values())

    def of(self, tenant: str, name: str) -> Watch | None:
        """See `WatchBook.of`."""
        return self._there.get((tenant, name))

    def made(self, tenant: str, name: str) -> Watch | None:
        """See `WatchBook.made`."""
        return self._made.get((tenant, name))

    def knows(self, tenant: str) -> bool:
        """See `WatchBook.knows`."""
        return tenant in self._tenants

    def apply(self, key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take a record in: a watch, or a null value that ends one; skip anything else."""
        tenant, _, name = (key or b"").decode(errors="replace").partition("/")
        if value is None:
            self._made.pop((tenant, name), None)
        else:
            try:
                watch = decode(value, Watch)
            except MessageError as error:
                log.error("watch.unreadable", offset=offset, reason=str(error))
                return
            if key != record_key(watch.tenant, watch.name):
                log.error("watch.misplaced", offset=offset, tenant=watch.tenant, key=key)
                return
            if watch.tenant not in self._tenants:
                log.warning("watch.unknown_tenant", tenant=watch.tenant, watch=watch.name)
                return
            self._made[tenant, name] = watch
        there = self._configured | self._made
        self._there = {key: _as_watched(watch, there) for key, watch in there.items()}


def _as_watched(watch: Watch, there: Mapping[Key, Watch]) -> Watch:
    whole = there.get((watch.tenant, watch.part_of)) if watch.part_of else None
    return watch if whole is None else with_whole(watch, whole)


class KafkaWatchBook:
    """The `WatchBook` over the topic `watch-definitions`, which it follows."""

    def __init__(
        self, settings: KafkaSettings, configured: Iterable[WatchSettings], tenants: Iterable[str]
    ) -> None:
        self._watches = Watches(configured, tenants)
        self._topic = CompactedTopic(settings, WATCH_DEFINITIONS, self._watches.apply)

    async def start(self) -> None:
        """Read the topic to its end; raises BrokerUnavailableError after `connect_timeout_s`."""
        await self._topic.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._topic.stop()

    def all(self) -> tuple[Watch, ...]:
        """See `WatchBook.all`."""
        return self._watches.all()

    def of(self, tenant: str, name: str) -> Watch | None:
        """See `WatchBook.of`."""
        return self._watches.of(tenant, name)

    def made(self, tenant: str, name: str) -> Watch | None:
        """See `WatchBook.made`."""
        return self._watches.made(tenant, name)

    def knows(self, tenant: str) -> bool:
        """See `WatchBook.knows`."""
        return self._watches.knows(tenant)
