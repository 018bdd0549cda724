"""The read model's database: URLs, drivers, and what only PostgreSQL does otherwise."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from patternwatch.api.app import create_app
from patternwatch.api.context import AppContext
from patternwatch.api.read_model.positions import move_positions
from patternwatch.api.read_model.projection import apply_alert, apply_request
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.settings import TenantSettings
from tests.api.postgres import PostgresServer, postgres_server
from tests.fakes.api import context_of
from tests.fakes.messages import a_request, an_alert
from tests.fakes.publisher import CLUSTER, FakePublisher
from tests.support import free_port


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[ReadModel]:
    model = ReadModel(url)
    await model.open()
    yield model
    await model.close()


def test_a_missing_driver_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(InputError) as told:
        ReadModel("postgresql://me:secret@db/patternwatch")
    assert "asyncpg" in told.value.problem
    assert "secret" not in str(told.value)
    assert "pip install 'patternwatch[postgres]'" in told.value.remedy


@pytest.mark.parametrize(
    "url", ["patternwatch.db", "mysql://db/x", "nonsense://db/x", "sqlite+pysqlite:///x"]
)
def test_another_database_is_refused_with_what_serves(url: str) -> None:
    with pytest.raises(InputError, match="sqlite:///FILE or postgresql://"):
        ReadModel(url)


async def test_a_url_needs_no_driver(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/m.db") as model:
        await model.ping()
    assert (tmp_path / "m.db").exists()


@pytest.mark.parametrize("is_replaced", [False, True], ids=["removed", "replaced"])
async def test_a_file_that_is_another_than_the_open_one_is_noticed(tmp_path: Path, is_replaced: bool) -> None:
    path = tmp_path / "m.db"
    async with opened(f"sqlite:///{path}") as model:
        await model.ping()
        path.unlink()
        if is_replaced:
            (tmp_path / "other").write_bytes(b"")
            (tmp_path / "other").rename(path)
        with pytest.raises(InputError, match="removed or replaced"):
            await model.ping()


async def test_a_url_of_postgresql_needs_no_driver(postgres_url: str) -> None:
    async with opened(postgres_url.replace("+asyncpg", "")) as model:
        await model.ping()


async def test_a_restart_goes_on_at_the_stored_position(database_url: str) -> None:
    async with opened(database_url) as model, model.writing() as db:
        await apply_alert(db, an_alert())
        await move_positions(db, CLUSTER, {("alerts", 0): 7})
    async with opened(database_url) as model:
        assert await model.positions(CLUSTER) == {("alerts", 0): 7}
        assert [alert.fingerprint for alert in (await model.alerts("a", None, 10)).rows] == ["f1"]


async def test_a_nul_in_a_text_is_stored_and_looked_up_like_any_other(database_url: str) -> None:
    async with opened(database_url) as model:
        async with model.writing() as db:
            await apply_request(db, a_request(title="one\0two"))
        assert (await model.analysis("a", "r1")).title == "one\ufffdtwo"
        assert not await model.has_report("a", "r\0")


async def test_several_processes_may_start_and_write_at_the_same_time(postgres_url: str) -> None:
    """They make the tables once, and the same rows in opposite orders end in no deadlock."""
    models = [ReadModel(postgres_url) for _ in range(4)]
    await asyncio.gather(*(model.open() for model in models))
    alerts = [an_alert(fingerprint=f"f{n}") for n in range(40)]

    async def write(model: ReadModel, step: int) -> None:
        async with model.writing() as db:
            for alert in alerts[::step]:
                await apply_alert(db, alert)

    await asyncio.gather(*(write(model, 1 if n % 2 else -1) for n, model in enumerate(models)))
    assert len((await models[0].alerts("a", None, 100)).rows) == 40
    for model in models:
        await model.close()


async def test_a_database_that_is_away_is_told_in_one_way() -> None:
    model = ReadModel(f"postgresql://nobody@127.0.0.1:{free_port()}/x")
    with pytest.raises(OperationalError, match="onnect"):
        await model.ping()
    await model.close()


async def test_requests_come_through_again_after_a_restart_of_postgresql() -> None:
    with postgres_server() as server:
        context = over(server)
        app = create_app(context, feed=False)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            assert (await client.get("/api/v1/tenants/a/alerts")).status_code == 200
            await asyncio.to_thread(server.stop)
            answer = await client.get("/api/v1/tenants/a/alerts")
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert answer.json()["type"] == "urn:patternwatch:problem:database-unavailable"
            assert not (await client.get("/health/ready")).json()["checks"]["database"]["ok"]
            await asyncio.to_thread(server.start)
            assert (await client.get("/api/v1/tenants/a/alerts")).status_code == 200
            await asyncio.to_thread(server.stop)  # while nobody asks
            await asyncio.to_thread(server.start)
            assert (await client.get("/api/v1/tenants/a/alerts")).status_code == 200


def over(server: PostgresServer) -> AppContext:
    url = server.new_database()
    return context_of(ApiSettings(tenants=(TenantSettings(id="a"),), database_url=url), FakePublisher())
