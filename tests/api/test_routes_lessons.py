from typing import Any

import httpx
import numpy as np
import pytest

from patternwatch.api.parts import Parts
from patternwatch.api.projection import apply_lesson, apply_report, apply_tombstone
from patternwatch.contracts.codec import decode
from patternwatch.contracts.lessons import MOST_LESSONS, Lesson
from patternwatch.contracts.topics import LESSONS
from tests.api.examples import NOW_MS, FakePublisher, a_lesson, a_place, a_report

URL = "/api/v1/tenants/a/lessons"
VALUES = np.random.default_rng(1).standard_normal(300).round(3).tolist()


def order(**changes: Any) -> dict[str, Any]:
    return {"name": "our nightly batch", "values": VALUES, "split": 240, "taught_by": "ann"} | changes


@pytest.fixture
async def report(parts: Parts, client: httpx.AsyncClient) -> None:
    async with parts.read_model.writing() as db:
        await apply_report(db, a_report(), a_place())


async def test_points_are_taught_listed_and_taken_back(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    answer = await client.post(URL, json=order())
    assert answer.status_code == 201
    lesson = Lesson.model_validate(answer.json())
    assert (lesson.name, lesson.taught_by, lesson.taught_at_ms) == ("our nightly batch", "ann", NOW_MS)
    ((topic, key, value),) = publisher.sent
    assert (topic, key) == (LESSONS, f"a/{lesson.lesson_id}".encode())
    np.testing.assert_allclose(decode(value, Lesson).values, VALUES, rtol=1e-6)
    assert [le["lesson_id"] for le in (await client.get(URL)).json()["lessons"]] == [lesson.lesson_id]
    assert (await client.get(f"{URL}/{lesson.lesson_id}")).json() == answer.json()
    assert (await client.delete(f"{URL}/{lesson.lesson_id}")).status_code == 204
    assert publisher.sent[-1] == (LESSONS, key, None)
    assert (await client.get(URL)).json()["lessons"] == []
    assert (await client.delete(f"{URL}/{lesson.lesson_id}")).status_code == 404


@pytest.mark.usefixtures("report")
@pytest.mark.parametrize("series", ["s2", "2"])
async def test_a_finding_of_a_report_is_taught_as_the_model_saw_it(
    client: httpx.AsyncClient, series: str
) -> None:
    body = {"name": "steady_increase", "report_id": "r1", "series_id": series}
    lesson = Lesson.model_validate((await client.post(URL, json=body)).json())
    assert (lesson.report_id, lesson.series_id, lesson.called) == ("r1", "s2", "level_shift_up")
    assert lesson.split == a_report().window.split_row
    assert np.isnan(lesson.values[5])
    assert "checkout" in lesson.series


async def test_the_same_window_taught_again_replaces_what_was_said(client: httpx.AsyncClient) -> None:
    await client.post(URL, json=order())
    await client.post(URL, json=order(name="normal"))
    assert [le["name"] for le in (await client.get(URL)).json()["lessons"]] == ["normal"]


@pytest.mark.usefixtures("report")
@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (order(name="level shift up"), 422, "write 'level_shift_up'"),
        (order(values=VALUES[:90], split=50), 422, "50 points before the split"),
        (order(values=None), 422, "nothing to learn from"),
        (order(values=["x"]), 422, "body.values"),
        (order(more=1), 422, "body.more"),
        ({"name": "x", "report_id": "r9", "series_id": "1"}, 404, "no report"),
        ({"name": "x", "report_id": "r1", "series_id": "99"}, 404, "no finding"),
    ],
)
async def test_what_cannot_be_taught_is_a_problem_that_says_why(
    client: httpx.AsyncClient, publisher: FakePublisher, body: dict[str, Any], status: int, words: str
) -> None:
    answer = await client.post(URL, json=body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True)
    assert publisher.sent == []


async def test_nothing_is_taught_while_kafka_is_away(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    publisher.broken = True
    assert (await client.post(URL, json=order())).status_code == 503
    assert (await client.get(URL)).json()["lessons"] == []


async def test_a_tenant_has_so_many_lessons_at_most(client: httpx.AsyncClient, parts: Parts) -> None:
    async with parts.read_model.writing() as db:
        for seed in range(MOST_LESSONS):
            await apply_lesson(db, a_lesson(seed=seed), a_place(seed))
    answer = await client.post(URL, json=order())
    assert answer.status_code == 422
    assert "patternwatch train" in answer.json()["remedy"]


async def test_all_of_one_shape_are_taken_back_at_once(client: httpx.AsyncClient) -> None:
    for n, name in enumerate(("one", "one", "two")):
        await client.post(URL, json=order(name=name, values=[v + n * k for k, v in enumerate(VALUES)]))
    assert (await client.delete(f"{URL}?name=one")).json() == {"deleted": 2}
    assert (await client.delete(URL)).json() == {"deleted": 1}


async def test_a_lesson_that_was_taken_back_stays_so_when_the_feed_brings_it_again(
    client: httpx.AsyncClient, parts: Parts
) -> None:
    lesson_id = (await client.post(URL, json=order())).json()["lesson_id"]
    lesson = await parts.read_model.lesson("a", lesson_id)
    await client.delete(f"{URL}/{lesson_id}")
    tombstone = 1002  # the offset that the publisher gave it
    async with parts.read_model.writing() as db:
        await apply_lesson(db, lesson, a_place(tombstone - 1))
    assert (await client.get(URL)).json()["lessons"] == []
    async with parts.read_model.writing() as db:
        await apply_tombstone(db, LESSONS, "a", lesson_id, a_place(tombstone))
        await apply_lesson(db, lesson, a_place(tombstone + 1))
    assert len((await client.get(URL)).json()["lessons"]) == 1
