"""The audit log: who started, taught, deleted what, and when; one log line each, whatever the log level."""

from contextvars import ContextVar
from typing import Any

import structlog
from starlette.types import Scope

from patternwatch.api.access.callers import Caller

# Of the configured form, and not of its level: `log.level` is about how the process does.
_log = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(0))

_what: ContextVar[dict[str, Any] | None] = ContextVar("audited", default=None)
_MAX_IDS = 20


def begin() -> dict[str, Any]:
    """What `note` adds to from now on, in this request."""
    what: dict[str, Any] = {}
    _what.set(what)
    return what


def note(**what: Any) -> None:
    """Tell the audit log what this request is about: ids, counts."""
    known = _what.get()
    if known is not None:
        known |= what


def note_ids(name: str, ids: list[str]) -> None:
    """The first ids, and how many there are."""
    note(**{name: ids[:_MAX_IDS], "count": len(ids)})


def write(scope: Scope, caller: Caller, status: int, what: dict[str, Any]) -> None:
    """One line: when, who, from where, which operation, of which tenant, with what outcome."""
    route = scope.get("route")
    client = scope.get("client")
    _log.info(
        "audit",
        who=caller.name,
        caller=caller.key,
        role=caller.role,
        client=client[0] if client else None,
        action=getattr(route, "name", None) or f"{scope['method']} {scope['path']}",
        status=status,
        **dict(scope.get("path_params", {})) | what,
    )


def write_sign_in(scope: Scope, caller: Caller) -> None:
    """One line: somebody has signed in to the page."""
    write(scope, caller, 200, {})
