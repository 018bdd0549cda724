"""What there is to choose from: tenants and patterns."""

from fastapi import APIRouter

from patternwatch.api.context import API, UseCaller, UseContext
from patternwatch.api.schemas.reference import PatternList, PatternRead, TenantList, TenantRead
from patternwatch.contracts.patterns import PATTERNS

router = APIRouter(prefix=API, tags=["reference"])


@router.get("/tenants")
async def list_tenants(context: UseContext, caller: UseCaller) -> TenantList:
    """Every tenant that the settings name and the caller may see."""
    seen = caller.visible(context.settings.tenants)
    return TenantList(tenants=[TenantRead(id=t.id, selector=t.selector) for t in seen])


@router.get("/patterns")
async def list_patterns() -> PatternList:
    """The taxonomy of shapes."""
    return PatternList(
        patterns=[
            PatternRead(name=p, label=p.label, type=p.type, type_label=p.type.label, mirrored=p.mirrored)
            for p in PATTERNS
        ]
    )
