"""The audit log of a tenant, for its operators."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from patternwatch.api.context import API, UseContext, UseTenant
from patternwatch.api.http.cursors import BeforeNumbered, read_cursor, write_cursor
from patternwatch.api.http.problems import problems
from patternwatch.api.schemas.audit import AuditEntryRead, AuditList

router = APIRouter(prefix=API + "/tenants/{tenant}/audit", tags=["audit"])


@router.get("", responses=problems(404, 422))
async def list_audit(
    context: UseContext,
    tenant: UseTenant,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: BeforeNumbered = None,
) -> AuditList:
    """Who started, taught, muted and deleted what in this tenant, the latest first."""
    page = await context.read_model.audit(tenant.id, limit, read_cursor(before, numbers=2))
    return AuditList(
        entries=[AuditEntryRead.model_validate(asdict(entry)) for entry in page.rows],
        total=page.total,
        next=write_cursor(page.next),
    )
