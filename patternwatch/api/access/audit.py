"""The audit log: who started, taught, deleted what, and when; one log line each, whatever the log level.

Those of a tenant are entries in the database as well, for its operators to read. The lines are what counts:
they can be kept where their subjects cannot change them.
"""

from contextvars import ContextVar
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import structlog
from starlette.types import Scope

from patternwatch.api.access.callers import Caller
from patternwatch.api.read_model.audit_entries import AuditEntry

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


def entry_of(scope: Scope, caller: Caller, status: int, what: dict[str, Any], at_ms: int) -> AuditEntry:
    """When, who, from where, which operation, of which tenant (none: empty), with what outcome."""
    client = scope.get("client")
    about = dict(scope.get("path_params", {}))
    # A path that knows another method only has a route, too.
    route = None if status == HTTPStatus.METHOD_NOT_ALLOWED else scope.get("route")
    return AuditEntry(
        tenant=about.pop("tenant", ""),
        at_ms=at_ms,
        who=caller.name,
        caller=caller.key,
        role=caller.role,
        client=client[0] if client else None,
        action=getattr(route, "name", None) or f"{scope['method']} {scope['path']}",
        status=status,
        what=about | what,
    )


def write(entry: AuditEntry) -> None:
    """One line; the log has a clock of its own."""
    said = asdict(entry)
    del said["at_ms"], said["what"]
    if not entry.tenant:
        del said["tenant"]
    _log.info("audit", **said | entry.what)
