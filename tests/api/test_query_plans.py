"""What the databases do for the lists: they go along an index in its order, and read no table whole."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from patternwatch.api.context import AppContext
from patternwatch.api.read_model import tables
from patternwatch.api.read_model.audit_entries import store_audit_entry
from patternwatch.api.read_model.projection import apply_alerts, apply_example, apply_report
from patternwatch.api.read_model.queries import ReadModel
from tests.fakes.audit import an_audit_entry
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_position, a_report, an_alert, an_example

ALERT, TIME = (2, NOW_MS, "f5"), (NOW_MS, "r5")
READS: dict[str, Callable[[ReadModel], Any]] = {
    "alerts": lambda model: model.alerts("a", None, 3),
    "firing alerts": lambda model: model.alerts("a", "firing", 3),
    "resolved alerts": lambda model: model.alerts("a", "resolved", 3),
    "alerts behind": lambda model: model.alerts("a", None, 3, ALERT),
    "counts": lambda model: model.alert_counts("a"),
    "analyses": lambda model: model.analyses("a", 3),
    "analyses behind": lambda model: model.analyses("a", 3, TIME),
    "reports": lambda model: model.reports("a", 3),
    "reports behind": lambda model: model.reports("a", 3, TIME),
    "examples": lambda model: model.examples("a", 3),
    "examples behind": lambda model: model.examples("a", 3, TIME),
    "audit log": lambda model: model.audit("a", 3),
    "audit log behind": lambda model: model.audit("a", 3, (NOW_MS, 5)),
    "a report": lambda model: model.report("a", "r5"),
}


@pytest.fixture
async def model(context: AppContext, client: object) -> ReadModel:
    """Some rows of everything, of two tenants."""
    model = context.read_model
    async with model.writing() as db:
        for tenant in ("a", "b"):
            for n in range(20):
                of_it = an_alert(tenant=tenant, fingerprint=f"f{n}", starts_at_ms=NOW_MS + n)
                await apply_alerts(db, [of_it])
                await apply_report(db, a_report(f"r{n}", tenant=tenant, alert=of_it), a_position())
                await apply_example(db, an_example(tenant, seed=n), a_position())
                await store_audit_entry(db, an_audit_entry(tenant=tenant, at_ms=NOW_MS + n))
    return model


async def statements_of(model: ReadModel, read: Callable[[ReadModel], Any]) -> list[tuple[str, Any]]:
    """What the read sends to the database."""
    sent: list[tuple[str, Any]] = []

    def keep(_db: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    assert model._file is not None
    engine = model._file.reader._engine
    event.listen(engine, "before_cursor_execute", keep)
    await read(model)
    event.remove(engine, "before_cursor_execute", keep)
    return sent


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_goes_along_an_index_and_sorts_nothing(model: ReadModel, name: str) -> None:
    sent = await statements_of(model, READS[name])
    assert sent
    for statement, parameters in sent:

        def plan(db: Connection, statement: str = statement, parameters: Any = parameters) -> list[str]:
            rows = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            return [str(row[-1]) for row in rows]

        for step in await model.read(plan):
            assert not re.match(r"SCAN patternwatch", step), (step, statement)
            assert "TEMP B-TREE FOR ORDER BY" not in step, (step, statement)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("table", "order"),
    [
        ("alerts", "urgency, starts_at_ms DESC, fingerprint"),
        ("analyses", "requested_at_ms DESC, request_id DESC"),
        ("reports", "published_at_ms DESC, report_id DESC"),
        ("examples", "labelled_at_ms DESC, example_id DESC"),
        ("audit", "at_ms DESC, number DESC"),
    ],
)
async def test_postgresql_can_go_along_an_index_in_the_order_of_each_list(
    model: ReadModel, table: str, order: str
) -> None:
    assert f"patternwatch_{table}" in tables.metadata.tables

    def plan(db: Connection) -> str:
        # With so few rows it would rather read all of them: whether it can do without is what counts.
        db.execute(text("SET LOCAL enable_seqscan = off"))
        db.execute(text("SET LOCAL enable_sort = off"))
        db.execute(text("SET LOCAL enable_bitmapscan = off"))
        wanted = f"SELECT * FROM patternwatch_{table} WHERE tenant = 'a' ORDER BY {order} LIMIT 3"
        return "\n".join(row[0] for row in db.execute(text(f"EXPLAIN {wanted}")))

    found = await model.read(plan)
    assert "Index Scan" in found, found
    assert "Sort" not in found, found
    assert "Seq Scan" not in found, found
