from typing import Any

import httpx
import pytest

from patternwatch.api.context import AppContext
from patternwatch.api.read_model.tombstones import apply_tombstone
from patternwatch.api.read_model.watches import apply_watch, apply_watch_state
from patternwatch.client import ListedWatch
from patternwatch.contracts.codec import decode
from patternwatch.contracts.topics import WATCH_DEFINITIONS, WATCH_STATES
from patternwatch.contracts.watch_states import SuspectEntity, SuspectSeries, WatchState
from patternwatch.contracts.watches import MAX_MARKS, Mark, Mute, QuietHours, Watch, make_watch
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_position
from tests.fakes.publisher import FakePublisher

URL = "/api/v1/tenants/a/watches"
SHOP = '{cluster="shop"}'


def state(**changes: Any) -> WatchState:
    series = (SuspectSeries(labels={"__name__": "up"}, rises=False, score=3.0),)
    entity = SuspectEntity(entity="cart", score=4.0, since_ms=NOW_MS, series=series)
    fields = {"tenant": "a", "watch": "shop", "at_ms": NOW_MS, "condition": "quiet", "entities": (entity,)}
    return WatchState.model_validate(fields | changes)


async def names(client: httpx.AsyncClient) -> list[str]:
    return [read["watch"]["name"] for read in (await client.get(URL)).json()["watches"]]


async def test_a_watch_is_made_listed_changed_and_ended(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    made = await client.put(f"{URL}/shop", json={"selector": SHOP, "interval_s": 30, "changed_by": "ann"})
    assert (made.status_code, made.json()["origin"], made.json()["state"]) == (200, "data", None)
    ((topic, key, value),) = publisher.sent
    assert (topic, key) == (WATCH_DEFINITIONS, b"a/shop")
    sent = decode(value, Watch)
    assert (sent.selector, sent.interval_s, sent.changed_by, sent.changed_at_ms) == (SHOP, 30, "ann", NOW_MS)
    changed = await client.patch(f"{URL}/shop", json={"paused": True, "changed_by": "bob"})
    later = NOW_MS + 1  # so that of two changes within one ms the second counts
    told = {"paused": True, "changed_by": "bob", "changed_at_ms": later}
    assert changed.json()["watch"] == made.json()["watch"] | told
    assert decode(publisher.sent[-1][2], Watch).changed_at_ms == later
    assert await names(client) == ["shop"]
    assert (await client.delete(f"{URL}/shop")).status_code == 204
    ended = [(topic, b"a/shop", None) for topic in (WATCH_DEFINITIONS, WATCH_STATES)]
    assert publisher.sent[-2:] == ended
    assert await names(client) == []
    assert (await client.get(f"{URL}/shop")).status_code == 404


async def test_a_part_of_another_watch_can_be_paused_and_muted_but_not_changed_or_ended(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    await client.put(f"{URL}/all", json={"selector": SHOP, "each": "cluster"})
    async with context.read_model.writing() as db:
        await apply_watch(db, make_watch("a", "all.eu-1", SHOP, part_of="all"), a_position(2000))
    paused = await client.patch(f"{URL}/all.eu-1", json={"paused": True})
    assert (paused.json()["watch"]["paused"], paused.json()["watch"]["part_of"]) == (True, "all")
    muted = await client.post(f"{URL}/all.eu-1/mutes", json={"kind": "entity", "value": "batch"})
    assert len(muted.json()["watch"]["mutes"]) == 1
    changed = await client.patch(f"{URL}/all.eu-1", json={"interval_s": 30, "paused": False})
    assert (changed.status_code, "says its interval_s" in changed.json()["detail"]) == (422, True)
    ended = await client.delete(f"{URL}/all.eu-1")
    assert (ended.status_code, "Pause it, or end 'all'" in ended.text) == (422, True)
    assert await names(client) == ["all", "all.eu-1"]


async def test_a_watch_is_put_again_as_it_is_shown(client: httpx.AsyncClient) -> None:
    whole = make_watch(
        "a",
        "shop",
        SHOP,
        each="cluster",
        interval_s=30,
        history_days=2,
        min_score=3,
        categories=("error",),
        quiet_hours=(QuietHours(begins="22:00", ends="06:00"),),
        mutes=(Mute(kind="entity", value="batch"),),
        marks=(Mark(entity="cart", verdict="noise", report_id="r1"),),
        paused=True,
    )
    told = whole.model_dump(
        mode="json", exclude={"schema_version", "tenant", "name", "part_of", "changed_at_ms"}
    )
    answer = await client.put(f"{URL}/shop", json=told)
    assert answer.status_code == 200, answer.text
    assert Watch.model_validate(answer.json()["watch"] | {"changed_at_ms": 0}) == whole


async def test_the_last_mark_of_a_report_counts_and_the_newest_are_kept(client: httpx.AsyncClient) -> None:
    await client.put(f"{URL}/shop", json={"selector": SHOP})
    for verdict, report in (("noise", "r1"), ("noise", "r2"), ("useful", "r1"), ("noise", ""), ("noise", "")):
        body = {"entity": "cart", "verdict": verdict, "report_id": report}
        answer = await client.post(f"{URL}/shop/marks", json=body)
    marks = answer.json()["watch"]["marks"]
    told = [(mark["verdict"], mark["report_id"], mark["at_ms"]) for mark in marks]
    assert told == [
        ("noise", "r2", NOW_MS), ("useful", "r1", NOW_MS), ("noise", "", NOW_MS), ("noise", "", NOW_MS),
    ]  # fmt: skip
    for number in range(MAX_MARKS):
        body = {"entity": f"cart-{number}", "verdict": "noise"}
        answer = await client.post(f"{URL}/shop/marks", json=body)
    marks = answer.json()["watch"]["marks"]
    assert (len(marks), marks[0]["entity"]) == (MAX_MARKS, "cart-0")
    refused = await client.post(f"{URL}/shop/marks", json={"entity": "cart", "verdict": "dull"})
    assert (refused.status_code, "verdict" in refused.text) == (422, True)


async def test_a_mute_lasts_until_its_time_or_until_it_is_ended(
    client: httpx.AsyncClient,
) -> None:
    await client.put(f"{URL}/shop", json={"selector": SHOP})
    batch = {"kind": "entity", "value": "batch", "until_ms": NOW_MS + 1}
    for mute in ({"kind": "metric", "value": "up", "until_ms": NOW_MS}, batch, batch | {"note": "nightly"}):
        answer = await client.post(f"{URL}/shop/mutes", json=mute)
    (kept,) = answer.json()["watch"]["mutes"]
    assert (kept["value"], kept["note"]) == ("batch", "nightly"), (
        "one a thing, and those that are over are gone"
    )
    ended = await client.post(f"{URL}/shop/mutes/end", json={"kind": "entity", "value": "batch"})
    assert ended.json()["watch"]["mutes"] == []
    again = await client.post(f"{URL}/shop/mutes/end", json={"kind": "entity", "value": "batch"})
    assert (again.status_code, "is not muted" in again.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("shop", {}, "selector"),
        ("shop", {"selector": "{cluster}"}, "expected one of"),
        ("shop", {"selector": SHOP, "interval_s": 1}, "greater than or equal to 5"),
        ("shop", {"selector": SHOP, "categories": ["cpus"]}, "categories"),
        ("shop", {"selector": SHOP, "quiet_hours": [{"begins": "25:00", "ends": "06:00"}]}, "quiet_hours"),
        ("shop", {"selector": SHOP, "more": 1}, "more"),
        ("shop", {"selector": SHOP, "each": "a b"}, "each"),
        ("my shop", {"selector": SHOP}, "name"),
    ],
)
async def test_what_cannot_be_watched_is_a_problem_that_says_why(
    client: httpx.AsyncClient, publisher: FakePublisher, name: str, body: dict[str, Any], words: str
) -> None:
    answer = await client.put(f"{URL}/{name}", json=body)
    assert (answer.status_code, words in answer.text) == (422, True), answer.text
    assert publisher.sent == []


async def test_how_a_watch_does_is_read_beside_it(client: httpx.AsyncClient, context: AppContext) -> None:
    await client.put(f"{URL}/shop", json={"selector": SHOP})
    async with context.read_model.writing() as db:
        await apply_watch_state(db, state(), a_position(1))
        await apply_watch_state(db, state(at_ms=NOW_MS - 60_000, entities=()), a_position(2))
    answer = (await client.get(f"{URL}/shop")).json()
    assert ListedWatch.model_validate(answer).state == state(), "the client reads what the API answers"
    read = answer["state"]
    assert (read["condition"], [e["entity"] for e in read["entities"]]) == ("quiet", ["cart"])


async def test_another_tenants_watches_are_not_seen(client: httpx.AsyncClient, context: AppContext) -> None:
    async with context.read_model.writing() as db:
        await apply_watch(db, make_watch("b", "theirs", SHOP), a_position(1))
        await apply_watch_state(db, state(tenant="b", watch="theirs"), a_position(2))
    assert await names(client) == []
    assert (await client.patch(f"{URL}/theirs", json={"paused": True})).status_code == 404


async def test_an_ended_watch_stays_so_when_the_feed_brings_it_again(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    await client.put(f"{URL}/shop", json={"selector": SHOP})
    watch = await context.read_model.watch("a", "shop")
    assert watch is not None
    await client.delete(f"{URL}/shop")
    tombstone = 1002  # the offset that the publisher gave it
    async with context.read_model.writing() as db:
        await apply_watch(db, watch, a_position(tombstone - 1))
    assert await names(client) == []
    async with context.read_model.writing() as db:
        await apply_tombstone(db, WATCH_DEFINITIONS, "a", "shop", a_position(tombstone))
        await apply_watch(db, watch, a_position(tombstone + 1))
    assert await names(client) == ["shop"]


async def test_nothing_is_watched_while_kafka_is_away(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    publisher.broken = True
    assert (await client.put(f"{URL}/shop", json={"selector": SHOP})).status_code == 503
    assert await names(client) == []
