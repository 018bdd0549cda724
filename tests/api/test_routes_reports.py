from typing import Any

import httpx
import pytest

from patternwatch.api.context import AppContext
from patternwatch.api.read_model.projection import apply_report
from patternwatch.api.read_model.tombstones import apply_tombstone
from patternwatch.contracts.report import Report
from patternwatch.contracts.topics import REPORTS
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_position, a_report
from tests.fakes.publisher import FakePublisher

URL = "/api/v1/tenants/a/reports"


async def publish(context: AppContext, offset: int = 0, **report: Any) -> bool:
    async with context.read_model.writing() as db:
        return await apply_report(db, a_report(**report), a_position(offset))


async def test_a_report_is_served_whole(client: httpx.AsyncClient, context: AppContext) -> None:
    await publish(context)
    answer = await client.get(f"{URL}/r1")
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body["findings"][0]["points"][5] is None
    assert len(body["findings"][0]["points"]) == 300
    assert Report.model_validate(body).verdict == "checkout began to slow down"


async def test_a_report_that_the_client_has_is_not_sent_again(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    await publish(context)
    tag = (await client.get(f"{URL}/r1")).headers["ETag"]
    for wanted in (f'"0", {tag}', tag.removeprefix("W/"), "*"):
        assert (await client.get(f"{URL}/r1", headers={"If-None-Match": wanted})).status_code == 304
    again = await client.get(f"{URL}/r1", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    await publish(context, revision=2)
    assert (await client.get(f"{URL}/r1", headers={"If-None-Match": tag})).status_code == 200


async def test_the_list_holds_summaries_the_latest_first(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    await publish(context, report_id="old", published_at_ms=NOW_MS)
    await publish(context, report_id="new", published_at_ms=NOW_MS + 1)
    await publish(context, report_id="oldest", published_at_ms=None, requested_at_ms=5)
    page = (await client.get(URL)).json()
    assert [r["report_id"] for r in page["reports"]] == ["new", "old", "oldest"]
    assert page["next"] is None
    summary = page["reports"][0]
    assert (summary["selected"], summary["flagged"], summary["findings"]) == (10, 2, 2)
    assert summary["entities"][0]["entity"] == "checkout"
    assert summary["patterns"] == {"level_shift_up": 2}


async def test_pages_hold_every_report_once(client: httpx.AsyncClient, context: AppContext) -> None:
    for n in range(7):
        await publish(context, report_id=f"r{n}", published_at_ms=NOW_MS + n // 3)
    seen, before = [], ""
    for _ in range(4):
        page = (await client.get(f"{URL}?limit=2{before}")).json()
        seen += [r["report_id"] for r in page["reports"]]
        before = f"&before={page['next']}"
    assert page["next"] is None
    assert seen == ["r6", "r5", "r4", "r3", "r2", "r1", "r0"]
    earlier = (await client.get(f"{URL}?before={NOW_MS + 1}")).json()["reports"]
    assert [r["report_id"] for r in earlier] == ["r2", "r1", "r0"]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "before=x", "before=-1"])
async def test_a_page_that_cannot_be_is_a_problem(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"{URL}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("query.")


async def test_a_deleted_report_is_gone_at_once_and_on_the_topic(
    client: httpx.AsyncClient, context: AppContext, publisher: FakePublisher
) -> None:
    await publish(context)
    await publish(context, report_id="other")
    answer = await client.delete(f"{URL}/r1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert publisher.sent == [(REPORTS, b"a/r1", None)]
    assert (await client.get(f"{URL}/r1")).status_code == 404
    assert [r["report_id"] for r in (await client.get(URL)).json()["reports"]] == ["other"]
    assert (await client.delete(f"{URL}/r1")).status_code == 404


async def test_a_deleted_report_is_not_brought_back_by_what_lies_before_its_tombstone(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    await publish(context, offset=5)
    await client.delete(f"{URL}/r1")
    tombstone = 1001  # the offset that the publisher gave it
    assert not await publish(context, offset=tombstone - 1, revision=2)
    assert (await client.get(f"{URL}/r1")).status_code == 404
    async with context.read_model.writing() as db:
        await apply_tombstone(db, REPORTS, "a", "r1", a_position(tombstone))
    assert await publish(context, offset=tombstone + 1, revision=3)
    assert (await client.get(f"{URL}/r1")).json()["revision"] == 3


async def test_deleting_all_counts_them(
    client: httpx.AsyncClient, context: AppContext, publisher: FakePublisher
) -> None:
    for n in range(3):
        await publish(context, report_id=f"r{n}")
    assert (await client.delete(URL)).json() == {"deleted": 3}
    assert sorted(key or b"" for _, key, _ in publisher.sent) == [b"a/r0", b"a/r1", b"a/r2"]
    assert (await client.get(URL)).json()["reports"] == []
    assert (await client.delete(URL)).json() == {"deleted": 0}


async def test_nothing_is_deleted_while_kafka_is_away(
    client: httpx.AsyncClient, context: AppContext, publisher: FakePublisher
) -> None:
    await publish(context)
    publisher.broken = True
    assert (await client.delete(f"{URL}/r1")).status_code == 503
    assert (await client.delete(URL)).status_code == 503
    assert (await client.get(f"{URL}/r1")).status_code == 200


async def test_only_a_higher_revision_replaces_a_report(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    assert await publish(context, revision=2, verdict="second")
    assert not await publish(context, revision=1, verdict="first")
    assert not await publish(context, revision=2, verdict="again")
    assert (await client.get(f"{URL}/r1")).json()["verdict"] == "second"
    assert await publish(context, revision=3, verdict="third")
    assert (await client.get(f"{URL}/r1")).json()["verdict"] == "third"
    assert len((await client.get(URL)).json()["reports"]) == 1
