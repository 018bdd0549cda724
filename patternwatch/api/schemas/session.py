"""Who asks, as the API sees it."""

from pydantic import BaseModel, ConfigDict, Field

from patternwatch.api.schemas.base import ApiModel
from patternwatch.contracts.access_settings import Mode, Role


class SignIn(BaseModel):
    """What the page's sign-in field holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    token: str = Field(min_length=1, max_length=16_000)
    """Of `patternwatch tokens create`, or in mode oidc of the issuer."""


class SessionRead(ApiModel):
    """Who asks."""

    mode: Mode
    """How callers are known; `none`: everybody who can connect may do everything."""
    signed_in: bool
    """Whether this request shows credentials that count."""
    name: str
    """Empty where nobody is signed in."""
    role: Role | None
    """Null where nobody is signed in."""
    expires_at_ms: int | None
    """When the credentials are over; null where that is not known."""
