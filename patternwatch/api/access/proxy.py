"""A caller as a proxy tells of it in headers."""

from ipaddress import ip_address

from starlette.datastructures import Headers

from patternwatch.api.access.callers import RIGHTS, Caller
from patternwatch.contracts.access_settings import ProxySettings
from patternwatch.contracts.errors import ForbiddenError, UnauthenticatedError

ALL = "*"
STREAM_MS = 600_000
"""Only the proxy knows whether somebody may still listen: a stream ends after this, and is opened again."""


def caller_told_by_proxy(
    headers: Headers, address: str | None, settings: ProxySettings, now_ms: int
) -> Caller:
    """Who asks, as the proxy says.

    address  from where the connection comes
    Raises UnauthenticatedError where it is not the proxy that connects, or where it names nobody.
    """
    if not _is_proxy(address, settings):
        raise UnauthenticatedError(
            f"The connection comes from {address or 'an unknown address'}, which is no proxy of ours",
            "Come through the proxy, or add its address to access.proxy.addresses",
        )
    user = _only(headers, settings.user_header)
    if not user:
        raise UnauthenticatedError(
            f"The proxy does not say who asks: {settings.user_header} is absent or empty",
            "Have it sign people in, and set the header",
        )
    role = _only(headers, settings.role_header).lower() or "viewer"
    known = next((each for each in RIGHTS if each == role), None)
    if known is None:
        raise ForbiddenError(
            f"The proxy gives {user} the role {role[:40]!r}, which is none of {', '.join(RIGHTS)}",
            f"Have it send one of these in {settings.role_header}",
        )
    tenants = {part.strip() for part in _only(headers, settings.tenant_header).split("|")} - {""}
    seen = None if ALL in tenants else frozenset(tenants)
    return Caller(user, f"proxy:{user}", seen, known, now_ms + STREAM_MS)


def _is_proxy(address: str | None, settings: ProxySettings) -> bool:
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found  # how a socket of both families sees IPv4
    return any(mapped in network for network in settings.addresses)


def _only(headers: Headers, name: str) -> str:
    """The header's value; one that is there twice may have come past the proxy."""
    values = headers.getlist(name)
    if len(values) > 1:
        raise UnauthenticatedError(
            f"The header {name} is there {len(values)} times",
            "Have the proxy remove what its clients send under this name",
        )
    return values[0].strip() if values else ""
