"""Without a mode, only pages of this machine's own addresses may ask.

A page of somebody else's may let its own name point to 127.0.0.1 (DNS rebinding). To the reader's browser it
is one origin then, so that neither CORS nor Fetch Metadata keeps it from reading and starting everything;
only the name in the header `Host` tells, which a page cannot change.
"""

from ipaddress import ip_address

from patternwatch.contracts.errors import ForbiddenError


def require_local_name(host: str | None, own: str) -> None:
    """Raise ForbiddenError where the request was made to a name that is not loopback's.

    host  of the request, with or without its port; None where it has none, as browsers always do
    own   where the API listens by its settings: a name that its operator has chosen

    >>> require_local_name("localhost:8080", "127.0.0.1"), require_local_name("[::1]:8080", "127.0.0.1")
    (None, None)
    >>> require_local_name("evil.example:8080", "127.0.0.1")
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.ForbiddenError: The request is to 'evil.example', and not to this machine...
    """
    if host is None:
        return
    name = _name_of(host)
    if name != own.lower() and not _is_loopback_name(name):
        raise ForbiddenError(
            f"The request is to {name[:100]!r}, and not to this machine: without access control another "
            "site's page could make it by such a name",
            "Ask at http://127.0.0.1 or http://localhost; behind a proxy set PATTERNWATCH_ACCESS__MODE "
            "(docs/security.md)",
        )


def _name_of(host: str) -> str:
    """Without the port, and without what is around an IPv6 address (RFC 3986, section 3.2.2)."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].removesuffix(".")


def _is_loopback_name(name: str) -> bool:
    """By the name alone: what it resolves to is what whoever owns the name wants (RFC 6761, section 6.3)."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
