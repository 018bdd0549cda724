"""What is old enough to go: by age, and by how many of its kind a tenant has. Never what is still open.

An alert that fires stays, and so do its analysis and its report; an analysis that is under way stays, and a
report that will be looked at again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    false,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.severity import RESOLVED
from patternwatch.contracts.progress import TERMINAL_STAGES

Kind: TypeAlias = Literal["alerts", "analyses", "reports", "audit"]

_A, _J, _N, _R = tables.alerts.c, tables.joined_alerts.c, tables.analyses.c, tables.reports.c


@dataclass(frozen=True, slots=True)
class Keep:
    """Who stays: those younger than this moment, in ms since 1970, and at most so many of a tenant."""

    since_ms: int
    count: int


def _answers_a_firing_alert() -> ColumnElement[bool]:
    """Whether an analysis is that of an alert which fires, or was joined by one."""
    own = and_(_A.tenant == _N.tenant, _A.fingerprint == _N.alert_fingerprint, _A.urgency < RESOLVED)
    joined = and_(
        _J.tenant == _N.tenant,
        _J.request_id == _N.request_id,
        _A.tenant == _J.tenant,
        _A.fingerprint == _J.fingerprint,
        _A.urgency < RESOLVED,
    )
    return or_(exists(select(_A.status).where(own)), exists(select(_A.status).where(joined)))


def _analysis_is_open(_now_ms: int) -> ColumnElement[bool]:
    return or_(_N.stage.not_in(TERMINAL_STAGES), _answers_a_firing_alert())


def _report_is_open(now_ms: int) -> ColumnElement[bool]:
    of_it = and_(_N.tenant == _R.tenant, _N.request_id == _R.request_id)
    looked_at = and_(_R.next_look_ms.is_not(None), _R.next_look_ms > now_ms)
    return or_(looked_at, exists(select(_N.stage).where(of_it, _answers_a_firing_alert())))


def _alert_is_open(_now_ms: int) -> ColumnElement[bool]:
    return _A.urgency < RESOLVED


@dataclass(frozen=True, slots=True)
class _Aged:
    """A kind: its id within a tenant, by what its age counts, and what is open of it."""

    table: Table
    own_id: str
    at_ms: str
    is_open: Callable[[int], ColumnElement[bool]]


_KINDS: dict[Kind, _Aged] = {
    "alerts": _Aged(tables.alerts, "fingerprint", "received_at_ms", _alert_is_open),
    "analyses": _Aged(tables.analyses, "request_id", "requested_at_ms", _analysis_is_open),
    "reports": _Aged(tables.reports, "report_id", "published_at_ms", _report_is_open),
    "audit": _Aged(tables.audit, "number", "at_ms", lambda _now_ms: false()),
}


def tenants_of(db: Connection) -> list[str]:
    """Every tenant that has anything, whether or not the settings still name it."""
    each = (select(aged.table.c.tenant).distinct() for aged in _KINDS.values())
    return sorted({row.tenant for wanted in each for row in db.execute(wanted)})


def aged_ids(db: Connection, kind: Kind, tenant: str, keep: Keep, now_ms: int, limit: int) -> list[str]:
    """Ids that may go, the oldest first, at most so many."""
    aged = _KINDS[kind]
    c = aged.table.c
    at_ms, own_id, of_tenant = c[aged.at_ms], c[aged.own_id], c.tenant == tenant
    newest = select(at_ms, own_id).where(of_tenant).order_by(at_ms.desc(), own_id.desc())
    beyond = db.execute(newest.offset(keep.count).limit(1)).one_or_none()
    old = at_ms < keep.since_ms
    if beyond is not None:
        old = or_(old, at_ms < beyond[0], and_(at_ms == beyond[0], own_id <= beyond[1]))
    wanted: Select[Any] = (
        select(own_id).where(of_tenant, old, ~aged.is_open(now_ms)).order_by(at_ms).limit(limit)
    )
    return list(db.scalars(wanted))


async def forget_aged(db: AsyncConnection, kind: Kind, tenant: str, ids: list[str]) -> None:
    """Delete these alerts, analyses or audit entries, and which alert has joined what is gone."""
    aged = _KINDS[kind]
    own_id = aged.table.c[aged.own_id]
    await db.execute(delete(aged.table).where(aged.table.c.tenant == tenant, own_id.in_(ids)))
    if kind == "audit":
        return
    joined = tables.joined_alerts
    of_it = joined.c.fingerprint if kind == "alerts" else joined.c.request_id
    await db.execute(delete(joined).where(joined.c.tenant == tenant, of_it.in_(ids)))


async def forget_events(db: AsyncConnection, keep: Keep, limit: int) -> int:
    """Delete the oldest events but for the latest one, whose number goes on; how many, at most so many."""
    e = tables.events.c
    beyond = select(e.number).order_by(e.number.desc()).offset(max(keep.count, 1)).limit(1)
    last = (await db.execute(beyond)).scalar()
    newest = (await db.execute(select(e.number).order_by(e.number.desc()).limit(1))).scalar()
    if newest is None:
        return 0
    old = or_(e.at_ms < keep.since_ms, e.number <= (last or 0))
    some = select(e.number).where(old, e.number < newest).order_by(e.number).limit(limit)
    numbers = list(await db.scalars(some))
    if numbers:
        await db.execute(delete(tables.events).where(e.number <= numbers[-1]))
    return len(numbers)
