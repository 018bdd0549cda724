"""An API of its own for every test: a database in a file, Kafka played by a list."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from patternwatch.api.app import create_app
from patternwatch.api.context import AppContext
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.settings import TenantSettings
from tests.api.postgres import PostgresServer
from tests.fakes.api import context_of
from tests.fakes.clock import FakeClock, standing_clock
from tests.fakes.publisher import FakePublisher


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """An empty database of a real PostgreSQL."""
    return postgres.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind: every test that uses it runs over both."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite+aiosqlite:///{tmp_path}/read_model.db"


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> ApiSettings:
    return ApiSettings(
        tenants=(TenantSettings(id="a"), TenantSettings(id="b", selector='{env="b"}')),
        database_url=database_url,
        web_dir=tmp_path / "web",
        heartbeat_s=0.05,
        report_wait_s=5.0,
    )


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def clock() -> FakeClock:
    """Stands at NOW_MS until a test moves it."""
    return standing_clock()


@pytest.fixture
def context(settings: ApiSettings, publisher: FakePublisher, clock: FakeClock) -> AppContext:
    return context_of(settings, publisher, clock)


@pytest.fixture
async def app(context: AppContext) -> AsyncIterator[FastAPI]:
    app = create_app(context, feed=False)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=10
    ) as client:
        yield client
