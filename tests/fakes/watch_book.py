"""Watches that a test changes as it goes."""

from collections.abc import Iterable

from patternwatch.contracts.watches import Watch


class FakeWatchBook:
    """A `WatchBook` of these watches."""

    def __init__(self, watches: Iterable[Watch]) -> None:
        self.watches = {(watch.tenant, watch.name): watch for watch in watches}
        self.tenants = frozenset(tenant for tenant, _ in self.watches)

    def all(self) -> tuple[Watch, ...]:
        return tuple(self.watches.values())

    def of(self, tenant: str, name: str) -> Watch | None:
        return self.watches.get((tenant, name))

    def made(self, tenant: str, name: str) -> Watch | None:
        return self.watches.get((tenant, name))

    def knows(self, tenant: str) -> bool:
        return tenant in self.tenants

    def put(self, watch: Watch) -> None:
        self.watches[watch.tenant, watch.name] = watch
