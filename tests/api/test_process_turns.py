"""Two API processes on one PostgreSQL: who presses Analyze at the same moment at either shares one run."""

import asyncio
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from patternwatch.api.app import create_app
from patternwatch.api.read_model import process_turns
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.settings import TenantSettings
from patternwatch.contracts.topics import REQUESTS
from tests.fakes.api import context_of
from tests.fakes.clock import standing_clock
from tests.fakes.publisher import FakePublisher

URL = "/api/v1/tenants/a/analyses"


async def test_people_at_two_processes_share_one_analysis(tmp_path: Path, postgres_url: str) -> None:
    settings = ApiSettings(
        tenants=(TenantSettings(id="a"),), database_url=postgres_url, web_dir=tmp_path / "web"
    )
    publishers = [FakePublisher(), FakePublisher()]
    contexts = [context_of(settings, publisher, standing_clock()) for publisher in publishers]
    for context in contexts:
        await context.read_model.open()
    clients = [
        httpx.AsyncClient(transport=httpx.ASGITransport(create_app(context)), base_url="http://localhost")
        for context in contexts
    ]
    for selector in ("up", "down", "sideways"):
        asked = (client.post(URL, json={"selector": selector}) for client in clients * 3)
        answers = [answer.json() for answer in await asyncio.gather(*asked)]
        assert len({answer["request_id"] for answer in answers}) == 1
        assert sorted(answer["shared"] for answer in answers) == [False, True, True, True, True, True]
    assert sum(len(publisher.on(REQUESTS)) for publisher in publishers) == 3
    for client, context in zip(clients, contexts, strict=True):
        await client.aclose()
        await context.read_model.close()


async def test_a_process_that_stands_still_holds_the_others_up_for_a_while_only(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_turns, "_WAIT", text("SET LOCAL lock_timeout = '200ms'"))
    still, other = ReadModel(postgres_url), ReadModel(postgres_url)
    async with asyncio.timeout(60), still.turns.turn("a"):
        async with other.turns.turn("b"):
            pass
        began = asyncio.get_running_loop().time()
        async with other.turns.turn("a"):
            assert asyncio.get_running_loop().time() - began >= 0.2
    async with asyncio.timeout(60), other.turns.turn("a"):
        pass
    await still.close()
    await other.close()
