"""Reports: list, read, delete."""

import asyncio
import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from patternwatch.api.commands import delete_reports
from patternwatch.api.context import API, UseContext, UseTenant
from patternwatch.api.events import nothing_follows, revision_stream
from patternwatch.api.http.cursors import Before, read_cursor, write_cursor
from patternwatch.api.http.expected import ExpectedCount, require_count
from patternwatch.api.http.problems import problems
from patternwatch.api.read_model.bodies import is_packed
from patternwatch.api.schemas.base import Deleted
from patternwatch.api.schemas.reports import ReportList, ReportRevision, ReportSummary
from patternwatch.contracts.report import Report

router = APIRouter(prefix=API + "/tenants/{tenant}/reports", tags=["reports"])

_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ReportRevision,
        "description": "Server-sent events named `revision`, each with a ReportRevision as its data",
    }
}


@router.get("", responses=problems(404, 422))
async def list_reports(
    context: UseContext,
    tenant: UseTenant,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Before = None,
) -> ReportList:
    """Reports without their findings, the latest first."""
    page = await context.read_model.reports(tenant.id, limit, read_cursor(before))
    return ReportList(
        reports=[ReportSummary.of(header) for header in page.rows],
        total=page.total,
        next=write_cursor(page.next),
    )


@router.get("/{report_id}", response_model=Report, responses={304: {}, **problems(404)})
async def get_report(
    report_id: str,
    context: UseContext,
    tenant: UseTenant,
    if_none_match: Annotated[str | None, Header()] = None,
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """One report, whole."""
    found = await context.read_model.report(tenant.id, report_id)
    headers = {"ETag": f'W/"{found.revision}"', "Cache-Control": "private, no-cache"}
    if if_none_match is not None and _names(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    headers["Vary"] = "Accept-Encoding"
    body = found.body
    if not is_packed(body):
        pass
    elif "gzip" in accept_encoding:
        headers["Content-Encoding"] = "gzip"
    else:
        body = await asyncio.to_thread(lambda: found.json)
    return Response(body, media_type="application/json", headers=headers)


@router.get("/{report_id}/events", response_class=Response, responses={**_EVENTS, **problems(404)})
async def stream_revisions(
    report_id: str,
    context: UseContext,
    tenant: UseTenant,
    last_event_id: Annotated[str, Header(description="Id of the last event that was received")] = "",
) -> Response:
    """The revisions of one report, now and as they come, until it grows no more."""
    report = await context.read_model.report_header(tenant.id, report_id)
    told = int(last_event_id) if re.fullmatch(r"[0-9]{1,9}", last_event_id) else -1
    if told > report.revision:
        told = -1  # of an earlier report of this id
    if told == report.revision and not report.grows:
        return nothing_follows()
    return revision_stream(context, tenant.id, report_id, told)


@router.delete("/{report_id}", status_code=204, responses=problems(404, 503))
async def delete_report(report_id: str, context: UseContext, tenant: UseTenant) -> None:
    """Delete one report, here and on its topic."""
    await context.read_model.report(tenant.id, report_id)
    await delete_reports(context, tenant.id, [report_id])


@router.delete("", responses=problems(404, 409, 422, 503))
async def delete_all_reports(
    context: UseContext, tenant: UseTenant, expected: ExpectedCount = None
) -> Deleted:
    """Delete every report of this tenant, here and on their topic."""
    report_ids = await context.read_model.report_ids(tenant.id)
    require_count(expected, len(report_ids), "report")
    await delete_reports(context, tenant.id, report_ids)
    return Deleted(deleted=len(report_ids))


def _names(wanted: str, tag: str) -> bool:
    """Whether If-None-Match names this tag, alone, in a list or as `*` (RFC 9110, 13.1.2)."""
    told = [each.strip().removeprefix("W/") for each in wanted.split(",")]
    return "*" in told or tag.removeprefix("W/") in told
