"""What the routes work with, wired once per process and handed down."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from fastapi import Depends, Path, Request

from patternwatch.api.broadcast import Broadcaster
from patternwatch.api.health import FeedState
from patternwatch.api.metrics import Metrics
from patternwatch.api.publisher import Publisher
from patternwatch.api.read_model import ReadModel
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.settings import TenantSettings, tenant_named

API = "/api/v1"
"""What the path of every route begins with, but for health and metrics."""

Clock: TypeAlias = Callable[[], int]
"""Now, in ms since 1970."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one API process."""

    settings: ApiSettings
    read_model: ReadModel
    publisher: Publisher
    clock: Clock
    broadcaster: Broadcaster = field(default_factory=Broadcaster)
    metrics: Metrics = field(default_factory=Metrics)
    feed_state: FeedState = field(default_factory=FeedState)


def _parts(request: Request) -> Parts:
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


UseParts = Annotated[Parts, Depends(_parts)]


def _tenant(
    parts: UseParts, tenant: Annotated[str, Path(description="A tenant that the settings name")]
) -> TenantSettings:
    return tenant_named(parts.settings.tenants, tenant)


UseTenant = Annotated[TenantSettings, Depends(_tenant)]
"""The tenant of the path; an unknown one is answered 404."""
