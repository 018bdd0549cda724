"""The audit log as it is stored: who did what in a tenant, and when."""

from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import Row, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.read_model import tables


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One operation that changed something, or was to.

    at_ms   when it was answered, in ms since 1970
    who     for people; `caller` is the key of the token or the user
    client  the address that it came from
    action  the operation's id in the OpenAPI document; method and path where there is no such operation
    status  of HTTP, that it was answered with
    what    the ids that it was about, and how many there were
    """

    tenant: str
    at_ms: int
    who: str
    caller: str
    role: str
    client: str | None
    action: str
    status: int
    what: dict[str, Any]


async def store_audit_entry(db: AsyncConnection, entry: AuditEntry) -> None:
    """Add an entry."""
    await db.execute(insert(tables.audit), asdict(entry) | {"what": orjson.dumps(entry.what)})


def audit_entry(row: Row[Any]) -> AuditEntry:
    """The entry of a row."""
    fields = row._asdict()
    del fields["number"]
    return AuditEntry(**fields | {"what": orjson.loads(row.what)})
