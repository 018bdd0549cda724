"""Whatever the OpenAPI document allows is answered as it says: generated requests to every operation.

The same requests in every run. Event streams, which do not end, are asked in `test_access_of_every_route.py`.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import pytest
from structlog.testing import capture_logs

from patternwatch.api import health
from patternwatch.api.access.token_store import TokenStore
from patternwatch.api.context import AppContext
from patternwatch.api.main import Server, server_for
from patternwatch.api.read_model.projection import apply_alert, apply_example, apply_report, apply_request
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.access_settings import AccessSettings
from patternwatch.contracts.settings import TenantSettings
from tests.fakes.api import context_of
from tests.fakes.messages import a_position, a_report, a_request, an_alert, an_example
from tests.fakes.publisher import FakePublisher

EXAMPLES = 12
SEED = 7
CONFIG = Path(__file__).with_name("schemathesis.toml")


@dataclass(frozen=True, slots=True)
class RunningApi:
    """An API that asks for a token; tenant default has one of everything."""

    url: str
    token: str
    """Of an operator's."""
    context: AppContext


@contextmanager
def api_in_a_thread(folder: Path, web_dir: Path | None = None) -> Iterator[RunningApi]:
    """An API with a loop of its own, on a port of its own."""
    settings = ApiSettings(
        tenants=(TenantSettings(id="default"),),
        database_url=f"sqlite+aiosqlite:///{folder}/read_model.db",
        web_dir=web_dir or folder / "web",
        port=0,
        access=AccessSettings(mode="token", max_requests_per_minute=1_000_000),
        max_analyses_per_minute=1_000_000,
        max_analyses_in_flight=1_000_000,
    )
    started, token, server = Event(), list[str](), list[Server]()
    context = context_of(settings, FakePublisher())

    async def serve() -> None:
        store = TokenStore(settings.database_url, context.clock)
        await store.open()
        token.append(str(await store.create("operator", None, "operator", None)))
        await store.close()
        server.append(server_for(context, feed=False))
        task = asyncio.create_task(server[0].serve())
        while not server[0].started:
            await asyncio.sleep(0.01)
        async with context.read_model.writing() as db:
            await apply_alert(db, an_alert(tenant="default"))
            await apply_request(db, a_request(tenant="default"))
            await apply_report(db, a_report(tenant="default"), a_position())
            await apply_example(db, an_example("default"), a_position())
        context.feed_state.turned()
        started.set()
        await task

    thread = Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield RunningApi(f"http://127.0.0.1:{server[0].port}", token[0], context)
    finally:
        server[0].should_exit = True
        thread.join(20)


def test_every_generated_request_is_answered_as_the_document_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "STALLED_AFTER_S", 1e9)  # no feed runs here
    with capture_logs(), api_in_a_thread(tmp_path) as api:
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={CONFIG}",
            "run",
            f"{api.url}/api/v1/openapi.json",
            "--header",
            f"Authorization: Bearer {api.token}",
            "--exclude-path-regex",
            "/events$",
            "--checks",
            "all",
            "--exclude-checks",
            "use_after_free",  # an emptied list is still a list
            "--max-examples",
            str(EXAMPLES),
            "--seed",
            str(SEED),
            "--generation-database",
            "none",
            "--wait-for-schema",
            "60",
            "--request-timeout",
            "60",
            "--no-color",
        ]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=1200, check=False
        )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
