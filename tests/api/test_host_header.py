"""Without a mode, a name that somebody else lets point to 127.0.0.1 opens nothing."""

from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from patternwatch.api.access.host_header import require_local_name
from patternwatch.contracts.access_settings import AccessSettings
from patternwatch.contracts.errors import ForbiddenError
from tests.api.access_harness import guarded_api

REBOUND = {"Host": "rebound.example:8080"}


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8080", "LOCALHOST", "app.localhost:1", "127.0.0.1", "127.8.0.1:80", "[::1]:80"],
)
async def test_names_of_this_machine_are_answered(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/api/v1/tenants", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example:8080",
        "localhost.example",
        "127.0.0.1.example:80",
        "10.0.0.1",
        "0.0.0.0:80",
        "[2001:db8::1]",
        "",
    ],
)
async def test_other_names_are_refused_with_words_for_reading_and_for_changing(
    client: httpx.AsyncClient, host: str
) -> None:
    with capture_logs() as events:
        for answer in (
            await client.get("/api/v1/tenants", headers={"Host": host}),
            await client.post("/api/v1/tenants/a/analyses", headers={"Host": host}, json={}),
            await client.get("/metrics", headers={"Host": host}),
        ):
            assert answer.status_code == 403
            assert "PATTERNWATCH_ACCESS__MODE" in answer.json()["remedy"]
    assert [event["event"] for event in events].count("access.refused") == 3


async def test_health_is_told_to_whoever_asks(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live", headers=REBOUND)).status_code == 200


def test_the_address_that_the_operator_chose_is_this_machines_and_no_host_is_no_browser() -> None:
    require_local_name("shop.lan:8080", "Shop.LAN")
    require_local_name(None, "127.0.0.1")
    with pytest.raises(ForbiddenError, match="'shop.lan'"):
        require_local_name("shop.lan", "127.0.0.1")


async def test_with_a_mode_whoever_shows_a_token_may_come_by_any_name(tmp_path: Path) -> None:
    async with guarded_api(tmp_path, AccessSettings(mode="token")) as api:
        headers = REBOUND | await api.token("viewer")
        assert (await api.ask("GET", "/api/v1/tenants", headers)).status == 200
