"""From the feed to the event streams of whole tenants."""

from patternwatch.api.context import AppContext
from patternwatch.api.schemas.reports import ReportRevision
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.messages import Progress


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
