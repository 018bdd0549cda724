"""Tokens: where they may stand, how long they count, what a page of somebody else's can do with them."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from patternwatch.api.access import streams
from patternwatch.api.access.token_store import FRESH_MS, TokenStore
from patternwatch.contracts.access_settings import AccessSettings
from tests.api.access_harness import GuardedApi, guarded_api
from tests.fakes.clock import standing_clock

CSRF = {"X-Patternwatch-CSRF": "1"}
TENANTS = "/api/v1/tenants"
START = {"selector": "up"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[GuardedApi]:
    async with guarded_api(tmp_path, AccessSettings(mode="token"), heartbeat_s=0.01) as api:
        yield api


def bare(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


async def test_a_password_is_a_token_too(api: GuardedApi) -> None:
    token = bare(await api.token("viewer", "a"))
    for text in (f"patternwatch:{token}", f":{token}"):
        basic = {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}
        assert (await api.ask("GET", TENANTS, basic)).status == 200
    for wrong in ("Basic ???", "Basic " + base64.b64encode(b"no colon").decode(), "Digest x", "Bearer"):
        assert (await api.ask("GET", TENANTS, {"Authorization": wrong})).status == 401


async def test_a_secret_that_is_one_letter_off_does_not_count(api: GuardedApi) -> None:
    token = bare(await api.token("viewer"))
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    for each, status in ((wrong, 401), (token, 200), (token[:-1], 401), (token + "A", 401)):
        assert (await api.ask("GET", TENANTS, {"Authorization": f"Bearer {each}"})).status == status


async def test_a_token_expires(api: GuardedApi) -> None:
    headers = await api.token("viewer", lasts_ms=60_000)
    assert (await api.ask("GET", TENANTS, headers)).status == 200
    api.clock.now += 59
    assert (await api.ask("GET", TENANTS, headers)).status == 200
    api.clock.now += 1
    assert (await api.ask("GET", TENANTS, headers)).status == 401


async def test_a_revoked_token_is_refused_within_seconds_by_another_process(api: GuardedApi) -> None:
    headers = await api.token("viewer")
    assert (await api.ask("GET", TENANTS, headers)).status == 200
    await api.tokens.revoke(bare(headers).split("_")[1])  # a store of its own, as of another process
    api.clock.now += FRESH_MS / 1000
    assert (await api.ask("GET", TENANTS, headers)).status == 401


async def test_a_store_is_one_for_all_over_either_database(database_url: str) -> None:
    clock = standing_clock()
    one, other = TokenStore(database_url, clock.now_ms), TokenStore(database_url, clock.now_ms)
    await one.open()
    await other.open()
    made = await one.create("alice", frozenset({"b", "a|b"}), "operator", 2**42)
    found = await other.find(str(made))
    assert found is not None
    assert (found.tenants, found.role, found.expires_at_ms) == (frozenset({"b", "a|b"}), "operator", 2**42)
    clock.now += 3
    await one.revoke(made.token_id)
    assert await other.find(str(made)) is None
    assert [token.revoked_at_ms for token in await other.all()] == [clock.now_ms()]
    await one.close()
    await other.close()


async def test_tokens_outlive_the_read_model(api: GuardedApi) -> None:
    headers = await api.token("viewer")
    async with api.context.read_model.writing() as db:
        await db.exec_driver_sql(
            "DROP TABLE patternwatch_revision"
        )  # as of an older release: it is made anew
    await api.context.read_model.open()
    assert (await api.ask("GET", TENANTS, headers)).status == 200


async def test_where_the_database_is_away_nobody_gets_in(
    api: GuardedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await api.token("viewer")

    async def away(*_: object) -> None:
        raise OperationalError("SELECT", None, OSError("gone"))

    monkeypatch.setattr("patternwatch.api.read_model.database.Database.row", away)
    answer = await api.ask("GET", TENANTS, headers)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_an_event_stream_ends_with_the_token(
    api: GuardedApi, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(streams, "_ASK_AGAIN_S", 0.05)
    headers = await api.token("viewer", "a", lasts_ms=60_000)
    opened, ended = asyncio.Event(), asyncio.Event()

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.body":
            (opened if message.get("more_body") else ended).set()

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    path = "/api/v1/tenants/a/events"
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw, "query_string": b""}
    stream = asyncio.create_task(api.app(scope, receive, send))  # type: ignore[arg-type]
    async with asyncio.timeout(60):
        await opened.wait()
        await asyncio.sleep(0.2)
        assert not stream.done()
        assert api.context.event_log.listeners == 1
        if how == "revoked":
            await api.tokens.revoke(bare(headers).split("_")[1])
            api.clock.now += 3
        else:
            api.clock.now += 60
        await stream
    assert ended.is_set(), "the answer ends in good order"
    assert api.context.event_log.listeners == 0


async def test_the_page_signs_in_by_a_cookie_that_scripts_cannot_read(api: GuardedApi) -> None:
    token = bare(await api.token("operator", "a", lasts_ms=60_000))
    assert (await api.ask("GET", "/api/v1/session")).json() == {
        "mode": "token", "signed_in": False, "name": "", "role": None, "expires_at_ms": None,
    }  # fmt: skip
    answer = await api.ask("POST", "/api/v1/session", CSRF, {"token": token})
    assert answer.status == 200
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/api/v1"):
        assert part in cookie
    assert "Secure" not in cookie
    tls = await api.ask("POST", "/api/v1/session", CSRF | {"X-Forwarded-Proto": "https"}, {"token": token})
    assert "Secure" in tls.headers["Set-Cookie"]
    shown = {"Cookie": f"other=1; {cookie.split(';')[0]}"}
    session = (await api.ask("GET", "/api/v1/session", shown)).json()
    assert (session["signed_in"], session["name"], session["role"]) == (True, "operator of a", "operator")
    assert session["expires_at_ms"] == api.clock.now_ms() + 60_000
    assert (await api.ask("GET", "/api/v1/tenants/a/events", shown)).status == 200
    out = await api.ask("DELETE", "/api/v1/session", CSRF | shown)
    assert out.status == 204
    assert 'patternwatch_session=""' in out.headers["Set-Cookie"]


async def test_a_wrong_token_does_not_sign_in(api: GuardedApi) -> None:
    for token, status in (("hunter2", 401), ("", 422), ("x" * 20_000, 422)):
        answer = await api.ask("POST", "/api/v1/session", CSRF, {"token": token})
        assert answer.status == status
        assert "Set-Cookie" not in answer.headers


async def test_a_page_of_another_origin_can_do_nothing_with_a_cookie(api: GuardedApi) -> None:
    cookie = {"Cookie": "patternwatch_session=" + bare(await api.token("operator", "a"))}
    path = "/api/v1/tenants/a/analyses"
    assert (await api.ask("POST", path, cookie, START)).status == 403
    for site in ("cross-site", "same-site"):
        foreign = {"Sec-Fetch-Site": site}
        assert (await api.ask("POST", path, cookie | CSRF | foreign, START)).status == 403
        assert (await api.ask("DELETE", "/api/v1/tenants/a/reports", cookie | CSRF | foreign)).status == 403
    assert api.publisher.sent == []
    ours = cookie | CSRF | {"Sec-Fetch-Site": "same-origin"}
    assert (await api.ask("POST", path, ours, START)).status == 202
    answer = await api.ask("GET", TENANTS, cookie)
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_what_one_caller_reads_is_not_kept_for_another(api: GuardedApi) -> None:
    answer = await api.ask("GET", TENANTS, await api.token("viewer"))
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization, Cookie" in answer.headers["Vary"]


async def test_without_a_mode_everybody_on_this_machine_may_but_no_page_of_others(tmp_path: Path) -> None:
    async with guarded_api(tmp_path, AccessSettings()) as api:
        session = (await api.ask("GET", "/api/v1/session")).json()
        assert (session["mode"], session["signed_in"], session["role"]) == ("none", True, "operator")
        assert (await api.ask("POST", "/api/v1/tenants/a/analyses", None, START)).status == 202
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert (await api.ask("DELETE", "/api/v1/tenants/a/reports", foreign)).status == 403
        assert (await api.ask("POST", "/api/v1/session", CSRF, {"token": "x"})).status == 400


async def test_a_clock_that_goes_back_does_not_keep_an_answer_alive(api: GuardedApi) -> None:
    headers = await api.token("viewer")
    assert (await api.ask("GET", TENANTS, headers)).status == 200
    await api.tokens.revoke(bare(headers).split("_")[1])
    api.clock.now -= 100
    assert (await api.ask("GET", TENANTS, headers)).status == 401
