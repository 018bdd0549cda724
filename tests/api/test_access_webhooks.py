"""Webhooks show their token in a header, as a password or in the path: as a real Alertmanager sends them."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from patternwatch.api.main import Server, server_for
from patternwatch.contracts.access_settings import AccessSettings
from tests.api.access_harness import GuardedApi, guarded_api
from tests.support import free_port, require_program, running

HOOK = "/api/v1/tenants/{tenant}/webhooks/alertmanager"
ALERT = {"labels": {"alertname": "A"}, "startsAt": "2026-11-23T15:19:00Z", "status": "firing"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[GuardedApi]:
    async with guarded_api(tmp_path, AccessSettings(mode="token")) as api:
        yield api


def bare(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


@asynccontextmanager
async def serving(api: GuardedApi) -> AsyncIterator[str]:
    """The address at which it listens."""
    server: Server = server_for(api.context, feed=False)
    task = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(60):
            while not server.started:
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.should_exit = True
        await task


def receiver(name: str, url: str, http_config: str = "{}") -> str:
    return f"  - name: {name}\n    webhook_configs:\n      - url: {url}\n        http_config: {http_config}\n"


async def test_the_real_alertmanager_sends_its_token_in_every_way_that_it_can(tmp_path: Path) -> None:
    program = require_program("prometheus-alertmanager")
    async with guarded_api(tmp_path, AccessSettings(mode="token"), port=0) as api, serving(api) as url:
        tokens = {name: bare(await api.token("sender", name)) for name in ("a", "b", "a|b")}
        (tmp_path / "token").write_text(tokens["a"] + "\n")
        hook = url + HOOK
        in_path = hook.replace("{tenant}", "a%7Cb").replace("/alertmanager", f"/{tokens['a|b']}/alertmanager")
        config = (
            "route:\n  receiver: nobody\n  group_wait: 100ms\n  routes:\n"
            + "".join(f"    - {{receiver: {n}, continue: true}}\n" for n in ("header", "password", "path"))
            + "receivers:\n  - name: nobody\n"
            + receiver(
                "header",
                hook.replace("{tenant}", "a"),
                f"{{authorization: {{credentials_file: {tmp_path}/token}}}}",
            )
            + receiver(
                "password",
                hook.replace("{tenant}", "b"),
                f"{{basic_auth: {{username: am, password: {tokens['b']}}}}}",
            )
            + receiver("path", in_path)
        )
        (tmp_path / "alertmanager.yml").write_text(config)
        port = free_port()
        command = [
            program,
            f"--config.file={tmp_path}/alertmanager.yml",
            f"--storage.path={tmp_path}/storage",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ]
        with running(command, tmp_path / "alertmanager"), capture_logs() as logs:
            async with httpx.AsyncClient() as client, asyncio.timeout(60):
                while not await _posted(client, port):
                    await asyncio.sleep(0.05)
                while (
                    sent := {json.loads(value)["tenant"] for _, _, value in api.publisher.sent if value}
                ) != set(tokens):
                    await asyncio.sleep(0.05)
        assert sent == {"a", "b", "a|b"}
    assert not [line for line in logs if any(token in str(line) for token in tokens.values())]


async def _posted(client: httpx.AsyncClient, port: int) -> bool:
    try:
        url = f"http://127.0.0.1:{port}/api/v2/alerts"
        return (await client.post(url, json=[{"labels": {"alertname": "Down"}}])).is_success
    except httpx.TransportError:
        return False


async def test_every_way_works_at_the_address_of_an_alertmanagers_api_too(api: GuardedApi) -> None:
    token = bare(await api.token("sender", "a"))
    basic = "Basic " + base64.b64encode(f"vmalert:{token}".encode()).decode()
    for more in ("", "/api/v2/alerts"):
        path = HOOK.replace("{tenant}", "a") + more
        for headers in ({"Authorization": f"Bearer {token}"}, {"Authorization": basic}):
            assert (await api.ask("POST", path, headers, [ALERT])).status == 202
        in_path = path.replace("/alertmanager", f"/{token}/alertmanager")
        assert (await api.ask("POST", in_path, None, [ALERT])).status == 202


async def test_a_token_in_a_path_is_good_for_webhooks_only_and_is_in_no_log(api: GuardedApi) -> None:
    token = bare(await api.token("operator", "a"))
    with capture_logs() as logs:
        for path in (
            f"/api/v1/tenants/{token}",
            f"/api/v1/{token}/tenants",
            f"/api/v1/tenants/a/{token}/alerts",
        ):
            assert (await api.ask("GET", path)).status == 401
        hook = HOOK.replace("{tenant}", "a").replace("/alertmanager", f"/{token}/alertmanager")
        wrong = hook.replace(token, "pw_0123456789_" + "B" * 43)
        assert (await api.ask("POST", wrong, None, [ALERT])).status == 401
        assert (await api.ask("POST", hook, None, [ALERT])).status == 202
        foreign = hook.replace("/a/", "/b/")
        assert (await api.ask("POST", foreign, None, [ALERT])).status == 404
    shown = [line for line in logs if "B" * 43 in str(line) or "webhooks/pw_" in str(line)]
    assert not shown


async def test_without_a_mode_a_token_in_the_path_does_no_harm(tmp_path: Path) -> None:
    async with guarded_api(tmp_path, AccessSettings()) as api:
        path = HOOK.replace("{tenant}", "a").replace("/alertmanager", "/pw_x/alertmanager")
        assert (await api.ask("POST", path, None, [ALERT])).status == 202
