"""Callers as a proxy tells of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from patternwatch.api.access.proxy import caller_told_by_proxy
from patternwatch.contracts.access_settings import AccessSettings, ProxySettings
from patternwatch.contracts.errors import UnauthenticatedError
from tests.api.access_harness import GuardedApi, guarded_api

TENANTS = "/api/v1/tenants"
ALICE = {"X-Forwarded-User": "alice", "X-Scope-OrgID": "a|b", "X-Patternwatch-Role": "operator"}
PROXY = "10.2.3.4"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[GuardedApi]:
    proxy = ProxySettings.model_validate({"addresses": ["10.2.0.0/16", "fd00::1"]})
    async with guarded_api(tmp_path, AccessSettings(mode="proxy", proxy=proxy)) as api:
        yield api


async def status(api: GuardedApi, headers: dict[str, str], client: str = PROXY, path: str = TENANTS) -> int:
    return (await api.ask("GET", path, headers, client=client)).status


async def test_the_proxys_word_counts_from_its_address_only(api: GuardedApi) -> None:
    assert await status(api, ALICE) == 200
    assert await status(api, ALICE, "fd00::1") == 200
    assert await status(api, ALICE, "::ffff:10.2.9.9") == 200
    for elsewhere in ("10.3.0.1", "fd00::2", "unix", ""):
        assert await status(api, ALICE, elsewhere) == 401
    told = ALICE | {"X-Forwarded-For": PROXY, "Forwarded": f"for={PROXY}", "X-Real-IP": PROXY}
    assert await status(api, told, "10.3.0.1") == 401


async def test_tenants_and_role_are_as_it_says(api: GuardedApi) -> None:
    seen = {}
    for tenants in ("a", "a|b", "*", "", "a | b"):
        answer = await api.ask("GET", TENANTS, ALICE | {"X-Scope-OrgID": tenants}, client=PROXY)
        seen[tenants] = [each["id"] for each in answer.json()["tenants"]]
    assert seen == {
        "a": ["a"],
        "a|b": ["a", "b", "a|b"],
        "*": ["a", "b", "a|b"],
        "": [],
        "a | b": ["a", "b", "a|b"],
    }
    path = "/api/v1/tenants/a/reports"
    for role, expected in (("operator", 200), ("viewer", 403), ("", 403), ("Operator", 200), ("root", 403)):
        answer = await api.ask("DELETE", path, ALICE | {"X-Patternwatch-Role": role}, client=PROXY)
        assert answer.status == expected, role


async def test_who_is_not_named_does_not_get_in(api: GuardedApi) -> None:
    for user in ("", " "):
        assert await status(api, ALICE | {"X-Forwarded-User": user}) == 401


def test_a_header_that_is_there_twice_may_have_come_past_the_proxy() -> None:
    settings = ProxySettings.model_validate({"addresses": [PROXY]})
    for name in ALICE:
        raw = [(k.lower().encode(), v.encode()) for k, v in ALICE.items()]
        twice = Headers(raw=[*raw, (name.lower().encode(), b"operator")])
        with pytest.raises(UnauthenticatedError, match="2 times"):
            caller_told_by_proxy(twice, PROXY, settings, 0)


async def test_programs_show_a_token_of_ours_from_anywhere(api: GuardedApi) -> None:
    assert (await api.ask("GET", TENANTS, await api.token("viewer", "a"), client="192.0.2.1")).status == 200
    its_own = ALICE | {"Authorization": "Basic YWxpY2U6cHJveHk="}
    assert await status(api, its_own) == 200, "credentials for the proxy itself are not ours to judge"
    assert await status(api, {"Authorization": "Bearer pw_0123456789_x"} | ALICE) == 401
