"""What the routes work with, wired once per process and handed down."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Protocol, TypeAlias

from fastapi import Depends, Path, Request

from patternwatch.api.access.access import Access
from patternwatch.api.access.callers import Caller
from patternwatch.api.broadcast import Broadcaster
from patternwatch.api.event_log import EventLog
from patternwatch.api.event_reader import EventReader
from patternwatch.api.health import FeedState
from patternwatch.api.http.access_log import CALLER
from patternwatch.api.metrics import Metrics
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.settings import TenantSettings, tenant_named
from patternwatch.kafka.producer import Publisher

API = "/api/v1"
"""What the path of every route begins with, but for health and metrics."""

Clock: TypeAlias = Callable[[], int]
"""Now, in ms since 1970."""


class Broker(Protocol):
    """The connection to Kafka that the publisher uses."""

    async def ping(self) -> None:
        """One round trip; raises BrokerUnavailableError."""
        ...

    def why_unsent(self) -> str:
        """Why Kafka does not take what is sent now, though it may answer; empty where it does."""
        ...

    async def close(self) -> None:
        """Send what is still waiting, and disconnect."""
        ...


@dataclass(frozen=True, slots=True)
class AppContext:
    """The services of one API process, built once and handed down."""

    settings: ApiSettings
    read_model: ReadModel
    publisher: Publisher
    broker: Broker
    clock: Clock
    access: Access
    broadcaster: Broadcaster = field(default_factory=Broadcaster)
    event_log: EventLog = field(default_factory=EventLog)
    metrics: Metrics = field(default_factory=Metrics)
    feed_state: FeedState = field(default_factory=FeedState)
    event_reader: EventReader = field(init=False)

    def __post_init__(self) -> None:
        reader = EventReader(self.read_model, self.event_log, self.broadcaster)
        object.__setattr__(self, "event_reader", reader)

    def end_streams(self) -> None:
        """End every event stream, so that the server can go down without waiting for their clients."""
        self.broadcaster.close()
        self.event_log.close()


async def _context(request: Request) -> AppContext:
    context = request.app.state.context
    assert isinstance(context, AppContext)
    return context


UseContext = Annotated[AppContext, Depends(_context)]


async def _caller(request: Request) -> Caller:
    caller = request.scope[CALLER]
    assert isinstance(caller, Caller)
    return caller


UseCaller = Annotated[Caller, Depends(_caller)]
"""Who asks; the guard before the routes has found it."""


async def _tenant(
    context: UseContext,
    caller: UseCaller,
    tenant: Annotated[str, Path(description="A tenant that the settings name")],
) -> TenantSettings:
    return tenant_named(caller.visible(context.settings.tenants), tenant)


UseTenant = Annotated[TenantSettings, Depends(_tenant)]
"""The tenant of the path; one that is unknown, or is not for this caller, is answered 404."""
