"""Without a mode, only this machine may connect."""

import socket
from ipaddress import ip_address

from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.errors import InputError


def require_mode_or_loopback(settings: ApiSettings) -> None:
    """Raise InputError where everybody could use the API from elsewhere.

    >>> require_mode_or_loopback(ApiSettings(host="127.0.0.1"))
    >>> require_mode_or_loopback(ApiSettings(host="0.0.0.0"))
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.InputError: The API does not listen on 0.0.0.0 without access control...
    """
    if settings.access.mode != "none" or is_loopback(settings.host):
        return
    raise InputError(
        f"The API does not listen on {settings.host or 'every address'} without access control: everybody "
        "who reaches that address could read, start and delete",
        "Set PATTERNWATCH_ACCESS__MODE=token and make tokens with `patternwatch tokens create` (proxy and "
        "oidc: docs/security.md), or PATTERNWATCH_HOST=127.0.0.1",
    )


def is_loopback(host: str) -> bool:
    """Whether every address of this host is one of this machine's own only; False where it has none.

    >>> [is_loopback(host) for host in ("127.8.0.1", "::1", "localhost", "", "::", "10.0.0.1")]
    [True, True, True, False, False, False]
    """
    if not host:
        return False
    try:
        found = {str(address[0]) for *_, address in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ip_address(each.partition("%")[0]).is_loopback for each in found)
