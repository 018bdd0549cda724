"""An API of its own for every test: a database in a file, Kafka played by a list."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from patternwatch.api.app import create_app
from patternwatch.api.context import AppContext
from patternwatch.api.read_model.database import ReadModel
from patternwatch.api.role import API_ROLE
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.settings import TenantSettings
from patternwatch.kafka.role_publisher import RolePublisher
from tests.fakes.clock import FakeClock, standing_clock
from tests.fakes.publisher import FakePublisher
from tests.kafka_fixture import kafka, kafka_settings

__all__ = ["kafka", "kafka_settings"]


@pytest.fixture
def settings(tmp_path: Path) -> ApiSettings:
    return ApiSettings(
        tenants=(TenantSettings(id="a"), TenantSettings(id="b", selector='{env="b"}')),
        database_url=f"sqlite+aiosqlite:///{tmp_path}/read_model.db",
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
    return AppContext(
        settings=settings,
        read_model=ReadModel(settings.database_url),
        publisher=RolePublisher(publisher, API_ROLE),
        broker=publisher,
        clock=clock.now_ms,
    )


@pytest.fixture
async def app(context: AppContext) -> AsyncIterator[FastAPI]:
    app = create_app(context, feed=False)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api", timeout=10
    ) as client:
        yield client
