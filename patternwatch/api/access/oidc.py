"""A caller as a signed token of an OpenID Connect issuer tells of it (JWT, RFC 7519, minding RFC 8725)."""

from collections.abc import Mapping
from typing import Any

import httpx
import jwt

from patternwatch.api.access.callers import Caller
from patternwatch.api.access.issuer_keys import IssuerKeys
from patternwatch.api.access.proxy import ALL
from patternwatch.contracts.access_settings import OidcSettings, Role
from patternwatch.contracts.errors import ForbiddenError, UnauthenticatedError

_NEEDED = ["exp", "iss", "aud", "sub"]
_SIGN_IN = "Get a new token from the issuer"


class OidcVerifier:
    """Judges tokens by the issuer's keys."""

    def __init__(self, settings: OidcSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._keys = IssuerKeys(settings, transport)

    async def close(self) -> None:
        """Disconnect."""
        await self._keys.close()

    async def caller(self, token: str) -> Caller:
        """Who shows this token.

        Raises UnauthenticatedError where it is none that counts, ForbiddenError where it gives no role
        here, and AccessUnavailableError where that cannot be known.
        """
        claims = await self._claims(token)
        return caller_told_by_claims(claims, self._settings)

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise UnauthenticatedError(f"The token cannot be read: {error}", _SIGN_IN) from None
        algorithm = header.get("alg")
        if algorithm not in self._settings.algorithms:  # `none` and HS256 are never among them
            raise UnauthenticatedError(
                f"The token is signed by {str(algorithm)[:20]!r}, which is none of access.oidc.algorithms",
                _SIGN_IN,
            )
        if "crit" in header:  # RFC 7515, 4.1.11: whoever does not know an extension refuses the token
            raise UnauthenticatedError("The token asks for extensions that we do not know (crit)", _SIGN_IN)
        key_id = str(header.get("kid", ""))
        key = await self._keys.key(key_id)
        if key is None:
            raise UnauthenticatedError(f"The issuer has no key {key_id[:60]!r}", _SIGN_IN)
        try:
            # With a PyJWK, a token whose algorithm is not the key's own is refused.
            return jwt.decode(
                token,
                key,
                algorithms=list(self._settings.algorithms),
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=self._settings.leeway_s,
                options={"require": _NEEDED},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise UnauthenticatedError(f"The token does not count: {error}", _SIGN_IN) from None


def caller_told_by_claims(claims: Mapping[str, Any], settings: OidcSettings) -> Caller:
    """Who asks, as verified claims say; raises ForbiddenError where they give no role here.

    >>> told = {"sub": "1", "exp": 7, "preferred_username": "alice", "tenants": ["a"]}
    >>> caller_told_by_claims(told | {"roles": ["patternwatch-viewer"]}, OidcSettings()).role
    'viewer'
    """
    name = str(claims.get(settings.user_claim) or claims["sub"])
    values = _words(_claim(claims, settings.role_claim))
    able: list[tuple[Role, tuple[str, ...]]] = [
        ("operator", settings.operator_values),
        ("viewer", settings.viewer_values),
        ("sender", settings.sender_values),
    ]
    role = next((role for role, giving in able if values & set(giving)), None)
    if role is None:
        raise ForbiddenError(
            f"{name} has no role here: the claim {settings.role_claim} has "
            f"{', '.join(sorted(values)) or 'nothing'}",
            "Give them one of " + ", ".join(value for _, giving in able for value in giving),
        )
    said = _words(_claim(claims, settings.tenant_claim))
    prefix = settings.tenant_prefix
    tenants = {value.removeprefix(prefix) for value in said if value.startswith(prefix)} - {""}
    seen = None if ALL in tenants else frozenset(tenants)
    # What is valid for the leeway yet is refused then, by the clock that judges it.
    expires_at_ms = int((float(claims["exp"]) + settings.leeway_s) * 1000)
    return Caller(name, f"oidc:{claims['sub']}", seen, role, expires_at_ms)


def _claim(claims: Mapping[str, Any], name: str) -> object:
    """The claim of this name, or where its dots lead; names may hold dots themselves (`https://x.org/roles`)."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _words(value: object) -> set[str]:
    if isinstance(value, str):
        return set(value.replace(",", " ").split())
    return {each for each in value if isinstance(each, str)} if isinstance(value, list) else set()
