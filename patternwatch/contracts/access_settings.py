"""Who may use the API: the settings of `access`."""

from typing import Literal, Self, TypeAlias

from pydantic import Field, IPvAnyNetwork, field_validator, model_validator

from patternwatch.contracts.addresses import WebAddress
from patternwatch.contracts.settings_base import Settings

Mode: TypeAlias = Literal["none", "token", "proxy", "oidc"]
Role: TypeAlias = Literal["viewer", "operator", "sender"]
"""viewer: reads. operator: reads, starts, teaches, deletes, sends alerts. sender: sends alerts only."""

Algorithm: TypeAlias = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
"""Signatures by a private key of the issuer's. HS256 and its like sign with a secret that both sides know,
and `none` signs nothing: neither can be chosen (RFC 8725, sections 2.1 and 3.1)."""


class ProxySettings(Settings):
    """A proxy before the API that signs people in and says in headers who asks.

    >>> ProxySettings(addresses=("10.1.2.3", "10.2.0.0/16")).addresses[1]
    IPv4Network('10.2.0.0/16')
    """

    addresses: tuple[IPvAnyNetwork, ...] = ()
    """Addresses and networks of the proxy; whoever connects from elsewhere is refused. The address counts
    from which the connection comes, never one that a header tells of."""
    user_header: str = "X-Forwarded-User"
    """Who asks. The proxy must set all three headers itself, and remove what its clients send under these
    names."""
    tenant_header: str = "X-Scope-OrgID"
    """Whose data it may see: a tenant, several as `a|b`, or `*` for all."""
    role_header: str = "X-Patternwatch-Role"
    """viewer, operator or sender; without it `viewer`."""


class OidcSettings(Settings):
    """An OpenID Connect issuer whose access tokens (JWT) are taken as bearer tokens.

    >>> OidcSettings(issuer="https://sso.example.com/realms/ops", audience="patternwatch").role_claim
    'roles'
    """

    issuer: WebAddress = ""
    """Its URL, just as its tokens say it (claim `iss`)."""
    audience: str = ""
    """What its tokens for us say (claim `aud`)."""
    jwks_url: WebAddress = ""
    """Where its public keys are; by default as its `.well-known/openid-configuration` says."""
    algorithms: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256", "EdDSA")
    """Signatures that are taken."""
    user_claim: str = "preferred_username"
    """Claim with the caller's name; `sub` where it is absent."""
    tenant_claim: str = "tenants"
    """Claim with the tenants: a list, or words in a string; `*` is all. Dots lead into objects."""
    tenant_prefix: str = ""
    """Only values of the tenant claim that begin so count, and without it: `/tenants/` for groups of
    Keycloak."""
    role_claim: str = "roles"
    """Claim with the roles: a list, or words in a string. `realm_access.roles` for roles of a Keycloak
    realm."""
    operator_values: tuple[str, ...] = ("patternwatch-operator",)
    """Values of the role claim that make an operator."""
    viewer_values: tuple[str, ...] = ("patternwatch-viewer",)
    """Values of the role claim that make a viewer."""
    sender_values: tuple[str, ...] = ("patternwatch-sender",)
    """Values of the role claim that may send alerts only."""
    leeway_s: float = Field(default=60.0, ge=0, le=600)
    """How far the issuer's clock may differ from ours."""
    keys_max_age_s: float = Field(default=300.0, gt=0)
    """After this the keys are asked for again; a key that is not known is asked for at once."""


class AccessSettings(Settings):
    """Who may use the API.

    >>> AccessSettings().mode
    'none'
    >>> AccessSettings(mode="proxy")
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for AccessSettings
      Value error, mode proxy needs access.proxy.addresses, the addresses of the proxy...
    """

    mode: Mode = "none"
    """none: everybody who can connect, on a loopback address only. token: tokens of `patternwatch tokens`.
    proxy: headers of a proxy. oidc: tokens of an OpenID Connect issuer. Tokens of `patternwatch tokens` are
    taken beside proxy and oidc too, for Alertmanager and other programs."""
    token_database_url: str = ""
    """SQLAlchemy URL of the database that holds the tokens; by default that of the read model. All API
    processes must share it."""
    public_metrics: bool = False
    """Whether /metrics, which names the tenants, is served to everybody. Else it takes a caller of all
    tenants."""
    max_requests_per_minute: int = Field(default=6000, ge=1)
    """Requests that a caller may make in a minute of one process; one more is answered 429. Not in mode
    none."""
    max_webhooks_per_minute: int = Field(default=60_000, ge=1)
    """Webhooks that a caller may send in a minute of one process; one more is answered 503, after which
    Alertmanager tries again, as it does not after 429. Not in mode none."""
    proxy: ProxySettings = ProxySettings()
    oidc: OidcSettings = OidcSettings()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.mode == "proxy" and not self.proxy.addresses:
            raise ValueError("mode proxy needs access.proxy.addresses, the addresses of the proxy")
        if self.mode == "oidc" and not (self.oidc.issuer and self.oidc.audience):
            raise ValueError("mode oidc needs access.oidc.issuer and access.oidc.audience")
        return self

    @field_validator("mode", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value
