"""What the fault lab sees at the API, in the order in which it was so."""

import asyncio

import httpx

from benchmarks.faults.observe import ApiObserver


def row(revision: int) -> dict[str, object]:
    return {
        "report_id": "r1",
        "revision": revision,
        "status": "complete",
        "selector": '{cluster="c1-000001"}',
        "entities": [],
        "selected": 1,
        "analysed": 1,
        "flagged": 0,
        "published_at_ms": 0,
    }


async def test_an_older_answer_that_comes_late_is_no_step_back() -> None:
    asked = 0

    async def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        revision = 3 * asked
        await asyncio.sleep(0.05 / asked)  # the first one is the slowest
        return httpx.Response(200, json={"reports": [row(revision)], "next": None})

    api = ApiObserver("http://api")
    await api.close()
    api._client = httpx.AsyncClient(base_url="http://api", transport=httpx.MockTransport(answer))
    await asyncio.gather(api.all(), api.all())
    await api.close()
    assert [seen.revision for seen in api.looked_at] == [3, 6]
