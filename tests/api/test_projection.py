"""Whatever the order and however often records come, the read model ends the same."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.positions import move_positions
from patternwatch.api.read_model.projection import (
    apply_alert,
    apply_progress,
    apply_report,
    apply_request,
)
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.read_model.rows import AnalysisState
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.progress import Progress
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_position, a_progress, a_report, a_request, an_alert
from tests.fakes.publisher import CLUSTER

HISTORY: list[Any] = [
    an_alert(),
    an_alert(status="resolved", received_at_ms=NOW_MS + 9),
    a_request(alert=an_alert()),
    a_progress("planned", of=3),
    a_progress("analysing", done=1, of=3, at_ms=NOW_MS + 2),
    a_progress("analysing", done=3, of=3, at_ms=NOW_MS + 3),
    a_report(alert=an_alert(), published_at_ms=NOW_MS + 4),
    a_report(alert=an_alert(), revision=2, published_at_ms=NOW_MS + 6, verdict="more is known"),
    a_progress("concluded", done=3, of=3, report_id="r1", at_ms=NOW_MS + 7),
]


async def apply(model: ReadModel, message: Any) -> None:
    async with model.writing() as db:
        match message:
            case Alert():
                await apply_alert(db, message)
            case AnalysisRequest():
                await apply_request(db, message)
            case Progress():
                await apply_progress(db, message)
            case Report():
                await apply_report(db, message, a_position())


async def end_of(messages: list[Any], url: str) -> Any:
    model = ReadModel(url)
    await model.open()
    async with model.writing() as db:  # what the example before left
        for table in tables.metadata.sorted_tables:
            await db.execute(delete(table))
    for message in messages:
        await apply(model, message)
    lists = (await model.alerts("a", None, 10), await model.analyses("a", 10), await model.reports("a", 10))
    found = tuple(page.rows for page in lists)
    await model.close()
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(HISTORY), again=st.lists(st.sampled_from(HISTORY), max_size=4))
def test_any_order_and_any_repetition_end_the_same(
    database_url: str, order: list[Any], again: list[Any]
) -> None:
    alerts, analyses, reports = asyncio.run(end_of(order + again, database_url))
    assert [(a.status, a.stage, a.report_id) for a in alerts] == [("resolved", "concluded", "r1")]
    assert [(r.revision, r.verdict) for r in reports] == [(2, "more is known")]
    expected = AnalysisState(
        **HISTORY[-1].model_dump(),
        requested_at_ms=NOW_MS,
        selector='{cluster="shop"}',
        alert_fingerprint="f1",
        window=a_request().window,
    )
    assert analyses == [expected]


@pytest.fixture
async def model(database_url: str) -> ReadModel:
    model = ReadModel(database_url)
    await model.open()
    return model


async def test_a_report_concludes_its_analysis_where_the_progress_is_lost(model: ReadModel) -> None:
    await apply(model, a_report(status="failed", reason="Cortex is away"))
    found = await model.analysis("a", "r1")
    assert (found.stage, found.note, found.report_id) == ("failed", "Cortex is away", "r1")
    assert found.selector == '{cluster="shop"}'
    await model.close()


async def test_a_position_never_goes_back(model: ReadModel) -> None:
    for to in (5, 9, 7):
        async with model.writing() as db:
            await move_positions(db, CLUSTER, {("t", 0): to})
    assert await model.positions(CLUSTER) == {("t", 0): 9}
    assert await model.positions("another") == {}
    await model.close()


async def test_a_transaction_that_fails_leaves_nothing_behind(model: ReadModel) -> None:
    async def half() -> None:
        async with model.writing() as db:
            await apply_alert(db, an_alert())
            await move_positions(db, CLUSTER, {("t", 0): 1})
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        await half()
    assert (await model.alerts("a", None, 10)).rows == []
    assert await model.positions(CLUSTER) == {}
    await model.close()
