from typing import Any

import httpx
import numpy as np
import pytest

from patternwatch.api.context import AppContext
from patternwatch.api.read_model.projection import apply_example, apply_report
from patternwatch.api.read_model.tombstones import apply_tombstone
from patternwatch.contracts.codec import decode
from patternwatch.contracts.labelled_examples import MAX_EXAMPLES, LabelledExample
from patternwatch.contracts.topics import LABELLED_EXAMPLES
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_position, a_report, an_example
from tests.fakes.publisher import FakePublisher

URL = "/api/v1/tenants/a/examples"
VALUES = np.random.default_rng(1).standard_normal(300).round(3).tolist()


def order(**changes: Any) -> dict[str, Any]:
    return {"name": "our nightly batch", "values": VALUES, "split": 240, "labelled_by": "ann"} | changes


@pytest.fixture
async def report(context: AppContext, client: httpx.AsyncClient) -> None:
    async with context.read_model.writing() as db:
        await apply_report(db, a_report(), a_position())


async def test_points_are_taught_listed_and_taken_back(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    answer = await client.post(URL, json=order())
    assert answer.status_code == 201
    example = LabelledExample.model_validate(answer.json())
    assert (example.name, example.labelled_by, example.labelled_at_ms) == ("our nightly batch", "ann", NOW_MS)
    ((topic, key, value),) = publisher.sent
    assert (topic, key) == (LABELLED_EXAMPLES, f"a/{example.example_id}".encode())
    np.testing.assert_allclose(decode(value, LabelledExample).values, VALUES, rtol=1e-6)
    assert [le["example_id"] for le in (await client.get(URL)).json()["examples"]] == [example.example_id]
    assert (await client.get(f"{URL}/{example.example_id}")).json() == answer.json()
    assert (await client.delete(f"{URL}/{example.example_id}")).status_code == 204
    assert publisher.sent[-1] == (LABELLED_EXAMPLES, key, None)
    assert (await client.get(URL)).json()["examples"] == []
    assert (await client.delete(f"{URL}/{example.example_id}")).status_code == 404


@pytest.mark.usefixtures("report")
@pytest.mark.parametrize("series", ["s2", "2"])
async def test_a_finding_of_a_report_is_taught_as_the_model_saw_it(
    client: httpx.AsyncClient, series: str
) -> None:
    body = {"name": "steady_increase", "report_id": "r1", "series_id": series}
    example = LabelledExample.model_validate((await client.post(URL, json=body)).json())
    assert (example.report_id, example.series_id, example.called) == ("r1", "s2", "level_shift_up")
    assert example.split == a_report().window.split_row
    assert np.isnan(example.values[5])
    assert "checkout" in example.series


async def test_the_same_window_taught_again_replaces_what_was_said(client: httpx.AsyncClient) -> None:
    await client.post(URL, json=order())
    await client.post(URL, json=order(name="normal"))
    assert [le["name"] for le in (await client.get(URL)).json()["examples"]] == ["normal"]


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
    assert (await client.get(URL)).json()["examples"] == []


async def test_a_tenant_has_so_many_examples_at_most(client: httpx.AsyncClient, context: AppContext) -> None:
    async with context.read_model.writing() as db:
        for seed in range(MAX_EXAMPLES):
            await apply_example(db, an_example(seed=seed), a_position(seed))
    answer = await client.post(URL, json=order())
    assert answer.status_code == 422
    assert "patternwatch train" in answer.json()["remedy"]


async def test_all_of_one_shape_are_taken_back_at_once(client: httpx.AsyncClient) -> None:
    for n, name in enumerate(("one", "one", "two")):
        await client.post(URL, json=order(name=name, values=[v + n * k for k, v in enumerate(VALUES)]))
    assert (await client.delete(f"{URL}?name=one")).json() == {"deleted": 2}
    assert (await client.delete(URL)).json() == {"deleted": 1}


async def test_an_example_that_was_taken_back_stays_so_when_the_feed_brings_it_again(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    example_id = (await client.post(URL, json=order())).json()["example_id"]
    example = await context.read_model.example("a", example_id)
    await client.delete(f"{URL}/{example_id}")
    tombstone = 1002  # the offset that the publisher gave it
    async with context.read_model.writing() as db:
        await apply_example(db, example, a_position(tombstone - 1))
    assert (await client.get(URL)).json()["examples"] == []
    async with context.read_model.writing() as db:
        await apply_tombstone(db, LABELLED_EXAMPLES, "a", example_id, a_position(tombstone))
        await apply_example(db, example, a_position(tombstone + 1))
    assert len((await client.get(URL)).json()["examples"]) == 1
