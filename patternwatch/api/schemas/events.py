"""The event stream of a tenant."""

from pydantic import RootModel

from patternwatch.api.schemas.base import ApiModel
from patternwatch.api.schemas.reports import ReportRevision
from patternwatch.contracts.progress import Progress


class Heartbeat(ApiModel):
    """The stream lives, though nothing happens."""

    every_s: float
    """A stream that is silent for much longer than this is dead: open it again."""


class Reset(ApiModel):
    """What happened meanwhile is not known: load anew what is shown."""


class TenantEvent(RootModel[Progress | ReportRevision | Heartbeat | Reset]):
    """The data of an event: named `progress`, `revision`, `heartbeat` or `reset`."""
