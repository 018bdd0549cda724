"""From the feed to the event streams of whole tenants."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace

from patternwatch.api.context import AppContext
from patternwatch.api.schemas.reports import ReportRevision
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.messages import Progress


class Told:
    """What the streams of this process were told of each analysis and report: the same is not told twice.

    Whether a record changed the read model does not say: another process on the same database may have
    stored it first, and has browsers of its own.

    >>> told = Told(depth=2)
    >>> told.is_news("r1", b"planned"), told.is_news("r1", b"planned"), told.is_news("r1", b"concluded")
    (True, False, True)
    """

    def __init__(self, depth: int = 10_000) -> None:
        self._states: OrderedDict[Hashable, bytes] = OrderedDict()
        self._depth = depth

    def is_news(self, of: Hashable, state: bytes) -> bool:
        """Whether this differs from what was told of it last; then it counts as told."""
        if self._states.get(of) == state:
            return False
        self._states[of] = state
        self._states.move_to_end(of)
        if len(self._states) > self._depth:
            self._states.popitem(last=False)
        return True


@dataclass(frozen=True, slots=True)
class Change:
    """What a record says of an analysis.

    moved      whether it changed the read model: not, where another process has stored it first
    report_id  of the report that has come, and its revision; empty where none has
    """

    tenant: str
    request_id: str
    moved: bool
    report_id: str = ""
    revision: int = 0

    def after(self, before: "Change | None") -> "Change":
        """The two as one: a report that has come stays so."""
        if before is None:
            return self
        of = self if self.report_id else before
        moved = self.moved or before.moved
        return replace(self, moved=moved, report_id=of.report_id, revision=of.revision)


async def tell(context: AppContext, told: Told, change: Change) -> None:
    """Tell this process's streams of a change, unless they know it."""
    model, tenant, report_id = context.read_model, change.tenant, change.report_id
    try:
        progress = await model.progress(tenant, change.request_id)
    except NotFoundError:
        return  # it was deleted meanwhile
    news = told.is_news((tenant, change.request_id), encode(progress))
    if report_id and (change.moved or await model.has_report(tenant, report_id)):
        news = told.is_news((tenant, report_id, "revision"), str(change.revision).encode()) or news
    if not (change.moved or news):
        return
    context.broadcaster.send(progress)
    await log_progress(context, progress)
    if report_id:
        await log_revision(context, tenant, report_id)


async def log_progress(context: AppContext, progress: Progress) -> None:
    """Tell the tenant's streams how far an analysis has come.

    A conclusion is told when its report can be read: it comes over another topic, and brings both.
    """
    tenant, report_id = progress.tenant, progress.report_id
    if report_id and not await context.read_model.has_report(tenant, report_id):
        return
    context.event_log.append(tenant, "progress", encode(progress))


async def log_revision(context: AppContext, tenant: str, report_id: str) -> None:
    """Tell the tenant's streams that a revision of a report can be read."""
    try:
        header = await context.read_model.report_header(tenant, report_id)
    except NotFoundError:
        return  # it was deleted meanwhile
    data = ReportRevision.of(header).model_dump_json().encode()
    context.event_log.append(tenant, "revision", data)
