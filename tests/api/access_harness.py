"""An API with access control over fakes, and requests to it that may be answered by event streams."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
from fastapi import FastAPI

from patternwatch.api.access.access import Access
from patternwatch.api.access.token_store import TokenStore
from patternwatch.api.app import create_app
from patternwatch.api.context import AppContext
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.access_settings import AccessSettings, Role
from patternwatch.contracts.settings import TenantSettings
from tests.fakes.api import context_of
from tests.fakes.clock import FakeClock, standing_clock
from tests.fakes.publisher import FakePublisher


@dataclass(frozen=True, slots=True)
class Answer:
    """What an API answered; of an event stream, its beginning."""

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class GuardedApi:
    """An API in a mode, two tenants, a clock that stands still."""

    app: FastAPI
    context: AppContext
    publisher: FakePublisher
    clock: FakeClock
    tokens: TokenStore

    async def token(self, role: Role, *tenants: str, lasts_ms: int | None = None) -> dict[str, str]:
        """The headers of a new token; without tenants it opens all."""
        until = None if lasts_ms is None else self.clock.now_ms() + lasts_ms
        opens = frozenset(tenants) if tenants else None
        made = await self.tokens.create(f"{role} of {'|'.join(tenants) or 'all'}", opens, role, until)
        return {"Authorization": f"Bearer {made}"}

    async def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        client: str = "10.0.0.9",
    ) -> Answer:
        """One request; of an event stream only the beginning is awaited."""
        raw = b"" if body is None else orjson.dumps(body)
        given = [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()]
        if body is not None:
            given.append((b"content-type", b"application/json"))
        path, _, query = path.partition("?")
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "root_path": "", "headers": given, "client": (client, 1), "server": ("api", 80),
        }  # fmt: skip
        sent = False
        done = asyncio.Event()
        status, answered, parts = 0, httpx.Headers(), list[bytes]()

        async def receive() -> dict[str, Any]:
            nonlocal sent
            if sent:
                await asyncio.Event().wait()
            sent = True
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], httpx.Headers(message["headers"])
                return
            parts.append(message.get("body", b""))
            if parts[-1] or not message.get("more_body"):
                done.set()
            if not message.get("more_body"):
                ended.set()

        ended = asyncio.Event()
        request = asyncio.create_task(self.app(scope, receive, send))
        try:
            async with asyncio.timeout(60):
                await done.wait()
                if not answered.get("content-type", "").startswith("text/event-stream"):
                    await ended.wait()
        finally:
            request.cancel()
            await asyncio.wait({request})
        return Answer(status, answered, b"".join(parts))


@asynccontextmanager
async def guarded_api(
    folder: Path,
    access: AccessSettings,
    transport: httpx.AsyncBaseTransport | None = None,
    **settings: Any,
) -> AsyncIterator[GuardedApi]:
    """The API with these settings of access; tenants a, b and a|b."""
    folder.mkdir(exist_ok=True)
    made = ApiSettings(
        tenants=tuple(TenantSettings(id=tenant) for tenant in ("a", "b", "a|b")),
        database_url=f"sqlite+aiosqlite:///{folder}/read_model.db",
        web_dir=folder / "web",
        access=access,
        **settings,
    )
    clock, publisher = standing_clock(), FakePublisher()
    context = context_of(made, publisher, clock)
    if transport is not None:
        object.__setattr__(context, "access", Access(made, clock.now_ms, transport))
    app = create_app(context, feed=False)
    tokens = TokenStore(made.database_url, clock.now_ms)
    async with app.router.lifespan_context(app):
        await tokens.open()
        try:
            yield GuardedApi(app, context, publisher, clock, tokens)
        finally:
            await tokens.close()
