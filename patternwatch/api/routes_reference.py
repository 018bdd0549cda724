"""What there is to choose from: tenants and patterns."""

from fastapi import APIRouter

from patternwatch.api.parts import API, UseParts
from patternwatch.api.views import PatternList, PatternView, TenantList, TenantView
from patternwatch.contracts.patterns import PATTERNS

router = APIRouter(prefix=API, tags=["reference"])


@router.get("/tenants")
async def list_tenants(parts: UseParts) -> TenantList:
    """Every tenant that the settings name."""
    return TenantList(tenants=[TenantView(id=t.id, selector=t.selector) for t in parts.settings.tenants])


@router.get("/patterns")
async def list_patterns() -> PatternList:
    """The taxonomy of shapes."""
    return PatternList(
        patterns=[PatternView(name=p, label=p.label, type=p.type, mirrored=p.mirrored) for p in PATTERNS]
    )
