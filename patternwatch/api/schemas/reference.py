"""What there is to choose from: tenants and patterns."""

from patternwatch.api.schemas.base import ApiModel
from patternwatch.contracts.patterns import Pattern, PatternType


class TenantRead(ApiModel):
    """One tenant that the settings name."""

    id: str
    selector: str
    """What is looked at where an alert says nothing narrower."""


class TenantList(ApiModel):
    """Every tenant."""

    tenants: list[TenantRead]


class PatternRead(ApiModel):
    """One shape of the taxonomy."""

    name: Pattern
    label: str
    type: PatternType
    """1: still abnormal at the end of the window; 2: recovered; 0: neither."""
    type_label: str
    """The type in words: `still abnormal`, `recovered`, `no known shape`."""
    mirrored: Pattern
    """The shape of the same chart turned upside down."""


class PatternList(ApiModel):
    """The taxonomy, in the order of the classifier's outputs."""

    patterns: list[PatternRead]
