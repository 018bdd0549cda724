"""What a request needs, told by its method and path before anything of it is read.

A route that nobody has thought of is guarded: it takes READ for GET, CHANGE for anything else.
"""

import re

from patternwatch.api.access.callers import Right

CSRF_HEADER = "X-Patternwatch-CSRF"
"""A page of another site cannot set it: browsers ask us first (CORS), and we answer no."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SESSION = "/api/v1/session"
_PUBLIC = (SESSION, "/api/v1/openapi.json")
_WEBHOOK = re.compile(r"/api/v1/tenants/[^/]+/webhooks/")
_AUDIT = re.compile(r"/api/v1/tenants/[^/]+/audit(/|$)")
_TOKEN_IN_PATH = re.compile(r"(/api/v1/tenants/[^/]+/webhooks)/(pw_[^/]*)(/.*)", re.DOTALL)


def right_needed(method: str, path: str, *, public_metrics: bool = False) -> Right | None:
    """The right that a request needs; None where everybody may.

    >>> right_needed("GET", "/api/v1/tenants"), right_needed("DELETE", "/api/v1/tenants/a/reports")
    (<Right.READ: 'read'>, <Right.CHANGE: 'change'>)
    >>> right_needed("POST", "/api/v1/tenants/a/webhooks/alertmanager")
    <Right.SEND: 'send'>
    >>> right_needed("GET", "/api/v1/tenants/a/audit")
    <Right.AUDIT: 'read the audit log'>
    >>> right_needed("GET", "/t/a/alerts") is None, right_needed("GET", "/health/live") is None
    (True, True)
    """
    if path == "/metrics" or path.startswith("/metrics/"):
        return None if public_metrics else Right.READ_ALL
    if path in _PUBLIC or not is_api(path):
        return None
    if method in SAFE_METHODS:
        return Right.AUDIT if _AUDIT.match(path) else Right.READ
    return Right.SEND if is_webhook(path) else Right.CHANGE


def is_api(path: str) -> bool:
    """Whether this is no path of the page's, nor one of health."""
    return path == "/api" or path.startswith("/api/")


def is_webhook(path: str) -> bool:
    """Whether alerts come in here."""
    return _WEBHOOK.match(path) is not None


def without_token(path: str) -> tuple[str, str]:
    """The path without the token in it, and the token; empty where there is none.

    For senders that can set no header. The token is `patternwatch tokens`' own.

    >>> without_token("/api/v1/tenants/a/webhooks/pw_x_y/alertmanager")
    ('/api/v1/tenants/a/webhooks/alertmanager', 'pw_x_y')
    >>> without_token("/api/v1/tenants/a/webhooks/alertmanager")
    ('/api/v1/tenants/a/webhooks/alertmanager', '')
    """
    found = _TOKEN_IN_PATH.fullmatch(path)
    return (path, "") if found is None else (found[1] + found[3], found[2])
