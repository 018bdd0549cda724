"""Lists page by page: every row once, in order, with totals that do not depend on the page."""

from typing import Any

import httpx
import pytest

from patternwatch.api.context import AppContext
from patternwatch.api.read_model.projection import (
    apply_alert,
    apply_example,
    apply_joined,
    apply_progress,
    apply_report,
    apply_request,
)
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import (
    a_joined_alert,
    a_position,
    a_progress,
    a_report,
    a_request,
    an_alert,
    an_example,
)
from tests.fakes.publisher import FakePublisher

URL = "/api/v1/tenants/a"


async def fire(context: AppContext, **alerts: dict[str, Any]) -> None:
    """Alerts by fingerprint, each with its severity and what else is given."""
    async with context.read_model.writing() as db:
        for fingerprint, given in alerts.items():
            labels = {"alertname": fingerprint}
            if "severity" in given:
                labels["severity"] = given["severity"]
            changes = {name: value for name, value in given.items() if name != "severity"}
            await apply_alert(db, an_alert(fingerprint=fingerprint, labels=labels, **changes))


async def pages(client: httpx.AsyncClient, what: str, limit: int, **query: str) -> list[dict[str, Any]]:
    """Every page of a list, by `next`."""
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": limit} | query
    while len(found) < 100:
        answer = await client.get(f"{URL}/{what}", params=params)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        if found[-1]["next"] is None:
            return found
        params["before"] = found[-1]["next"]
    raise AssertionError("the pages do not end")


async def test_the_paging_alert_stands_first_among_261_and_the_counts_are_of_all_of_them(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    quiet = {f"w{n:03}": {"severity": "warning", "starts_at_ms": NOW_MS + n} for n in range(260)}
    await fire(context, paging={"severity": "page", "starts_at_ms": NOW_MS - 9_000_000}, **quiet)
    page = (await client.get(f"{URL}/alerts?limit=200")).json()
    assert [alert["fingerprint"] for alert in page["alerts"][:3]] == ["paging", "w259", "w258"]
    assert (page["counts"], page["total"]) == ({"firing": 261, "resolved": 0}, 261)

    later = {name: given | {"status": "resolved", "received_at_ms": NOW_MS} for name, given in quiet.items()}
    await fire(context, **later)
    page = (await client.get(f"{URL}/alerts?limit=200")).json()
    assert [alert["status"] for alert in page["alerts"][:2]] == ["firing", "resolved"]
    assert page["alerts"][0]["fingerprint"] == "paging"
    assert (page["counts"], page["total"]) == ({"firing": 1, "resolved": 260}, 261)
    firing = (await client.get(f"{URL}/alerts?limit=200&status=firing")).json()
    assert (firing["counts"], firing["total"]) == ({"firing": 1, "resolved": 260}, 1)


async def test_firing_alerts_are_in_order_of_severity_then_time_and_resolved_ones_of_time(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    await fire(
        context,
        info={"severity": "info", "starts_at_ms": NOW_MS + 9},
        ours={"severity": "wake the dba", "starts_at_ms": NOW_MS},
        none={"starts_at_ms": NOW_MS + 1},
        old={"severity": "CRITICAL", "starts_at_ms": NOW_MS - 5},
        new={"severity": "P1", "starts_at_ms": NOW_MS + 5},
        error={"severity": "error"},
        warning={"severity": "warning"},
        was_critical={"severity": "critical", "status": "resolved", "starts_at_ms": NOW_MS},
        was_info={"severity": "info", "status": "resolved", "starts_at_ms": NOW_MS + 1},
    )
    in_order = ["new", "old", "error", "none", "ours", "warning", "info", "was_info", "was_critical"]
    for limit in (1, 2, 4, 100):
        found = await pages(client, "alerts", limit)
        assert [alert["fingerprint"] for page in found for alert in page["alerts"]] == in_order
        assert {page["total"] for page in found} == {9}
    resolved = await pages(client, "alerts", 1, status="resolved")
    assert [alert["fingerprint"] for page in resolved for alert in page["alerts"]] == in_order[-2:]


async def test_alerts_of_one_time_are_each_on_one_page(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    await fire(context, **{f"f{n}": {"starts_at_ms": -5} for n in range(7)})
    found = await pages(client, "alerts", 3)
    assert [alert["fingerprint"] for page in found for alert in page["alerts"]] == [f"f{n}" for n in range(7)]
    assert [len(page["alerts"]) for page in found] == [3, 3, 1]


@pytest.mark.parametrize("what", ["analyses", "reports", "examples"])
async def test_every_other_list_has_pages_and_a_total_too(
    client: httpx.AsyncClient, context: AppContext, what: str
) -> None:
    async with context.read_model.writing() as db:
        for n in range(7):
            if what == "analyses":
                await apply_request(db, a_request(f"r~{n}", requested_at_ms=NOW_MS + n // 3))
            if what == "reports":
                await apply_report(db, a_report(f"r~{n}", published_at_ms=NOW_MS + n // 3), a_position())
            if what == "examples":
                await apply_example(db, an_example(seed=n, labelled_at_ms=NOW_MS + n // 3), a_position())
        await apply_request(db, a_request(tenant="b"))
        await apply_report(db, a_report(tenant="b"), a_position())
        await apply_example(db, an_example("b"), a_position())
    key = {"analyses": "request_id", "reports": "report_id", "examples": "example_id"}[what]
    found = await pages(client, what, 2)
    ids = [row[key] for page in found for row in page[what]]
    assert (len(ids), len(set(ids))) == (7, 7)
    assert {page["total"] for page in found} == {7}
    whole = (await client.get(f"{URL}/{what}?limit=100")).json()
    assert ([row[key] for row in whole[what]], whole["next"]) == (ids, None)
    if what != "examples":
        assert ids == [f"r~{n}" for n in reversed(range(7))]


@pytest.mark.parametrize("what", ["alerts", "analyses", "reports", "examples"])
@pytest.mark.parametrize("before", ["x", "", "~", "1~", "9" * 17, "1" * 17 + "~1~f"])
async def test_a_cursor_that_no_page_told_is_a_problem_or_the_end(
    client: httpx.AsyncClient, what: str, before: str
) -> None:
    answer = await client.get(f"{URL}/{what}", params={"before": before})
    assert answer.status_code == (200 if before == "1~" and what != "alerts" else 422)


async def test_deleting_all_deletes_what_was_seen_or_nothing(
    client: httpx.AsyncClient, context: AppContext, publisher: FakePublisher
) -> None:
    async with context.read_model.writing() as db:
        for n in range(3):
            await apply_report(db, a_report(f"r{n}"), a_position(n))
    answer = await client.delete(f"{URL}/reports?expected=2")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:patternwatch:problem:conflict")
    assert answer.json()["detail"] == "There are 3 reports now, not 2: nothing was deleted"
    assert publisher.sent == []
    assert (await client.get(f"{URL}/reports")).json()["total"] == 3
    assert (await client.delete(f"{URL}/reports?expected=3")).json() == {"deleted": 3}
    assert (await client.get(f"{URL}/reports")).json()["total"] == 0
    assert (await client.delete(f"{URL}/reports?expected=-1")).status_code == 422


async def test_taking_back_all_examples_of_a_shape_may_name_their_number(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    async with context.read_model.writing() as db:
        for n, name in enumerate(("one", "one", "two")):
            await apply_example(db, an_example(name=name, seed=n), a_position(n))
    answer = await client.delete(f"{URL}/examples?name=two&expected=3")
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "There is 1 example now, not 3: nothing was deleted",
    )
    assert (await client.delete(f"{URL}/examples?name=one&expected=2")).json() == {"deleted": 2}


async def test_an_alert_tells_how_far_its_analysis_is_and_why_it_failed(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    async def shown() -> list[Any]:
        alert = (await client.get(f"{URL}/alerts")).json()["alerts"][0]
        return [alert[name] for name in ("stage", "done", "of", "note")]

    async with context.read_model.writing() as db:
        await apply_alert(db, an_alert())
        await apply_request(db, a_request(alert=an_alert()))
        await apply_progress(db, a_progress("analysing", done=3, of=5))
    assert await shown() == ["analysing", 3, 5, ""]
    async with context.read_model.writing() as db:
        await apply_progress(db, a_progress("failed", done=3, of=5, note="the source is away"))
    assert await shown() == ["failed", 3, 5, "the source is away"]


async def test_an_alert_that_has_joined_an_analysis_leads_to_its_report(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    first, other = an_alert(), an_alert(fingerprint="f2", labels={"alertname": "Errors"})
    joined = a_joined_alert(fingerprint="f2", own_request_id="r2")
    async with context.read_model.writing() as db:
        for alert in (first, other):
            await apply_alert(db, alert)
        await apply_request(db, a_request(alert=first, title="HighLatency"))
        await apply_joined(db, [a_joined_alert()])
        await apply_joined(db, [joined])
        await apply_report(db, a_report(alert=first, title="HighLatency"), a_position())

    async def shown() -> dict[str, tuple[object, ...]]:
        alerts = (await client.get(f"{URL}/alerts")).json()["alerts"]
        return {a["fingerprint"]: (a["joined"], a["request_id"], a["report_id"]) for a in alerts}

    assert await shown() == {"f1": ("", "r1", "r1"), "f2": ("HighLatency", "r1", "r1")}
    promised = (await client.get(f"{URL}/analyses/r2")).json()
    assert (promised["request_id"], promised["report_id"]) == ("r1", "r1")
    assert (await client.get(f"{URL}/reports/r2")).json()["report_id"] == "r1"
    events = (await client.get(f"{URL}/analyses/r2/events")).text
    assert '"request_id":"r1"' in events, "the stream ends with the end of that analysis"
    for unknown in ("analyses/r3", "reports/r3", "analyses/r3/events"):
        assert (await client.get(f"{URL}/{unknown}")).status_code == 404
    assert (await client.get("/api/v1/tenants/b/analyses/r2")).status_code == 404
    by_hand = a_request("r9", alert=other, title="Errors", requested_at_ms=NOW_MS + 60_000)
    async with context.read_model.writing() as db:
        await apply_request(db, by_hand)
    assert (await shown())["f2"] == ("", "r9", None), "the latest counts"
    async with context.read_model.writing() as db:
        await apply_alert(db, other.model_copy(update={"starts_at_ms": NOW_MS, "received_at_ms": NOW_MS}))
        await apply_joined(db, [joined])
    assert (await shown())["f2"] == ("", "r9", None), "another firing of it"
