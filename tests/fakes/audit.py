"""An entry of the audit log."""

from dataclasses import replace
from typing import Any

from patternwatch.api.read_model.audit_entries import AuditEntry
from tests.fakes.clock import NOW_MS

_ENTRY = AuditEntry("a", NOW_MS, "alice", "token:1", "operator", "10.0.0.9", "delete_report", 204, {})


def an_audit_entry(**changes: Any) -> AuditEntry:
    """Alice has deleted a report of tenant a, at `NOW_MS`; some of it changed."""
    return replace(_ENTRY, **changes)
