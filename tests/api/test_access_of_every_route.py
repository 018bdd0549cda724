"""Every route and event stream, asked by everybody: without a token, with a stranger's, a viewer's, ...

A route that is not in ROUTES fails here until it is classified.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.routing import BaseRoute

from patternwatch.api.access.callers import Right
from patternwatch.api.read_model.projection import apply_alert, apply_example, apply_report, apply_request
from patternwatch.api.read_model.watches import apply_watch
from patternwatch.contracts.access_settings import AccessSettings
from patternwatch.contracts.watches import make_watch
from tests.api.access_harness import Answer, GuardedApi, guarded_api
from tests.fakes.messages import a_position, a_report, a_request, an_alert, an_example

T = "/api/v1/tenants/{tenant}"
EXAMPLE = an_example("a").example_id
ALERT = {"labels": {"alertname": "A"}, "startsAt": "2026-11-23T15:19:00Z", "status": "firing"}


class Route(NamedTuple):
    """What a route needs, and what it answers to somebody who may."""

    need: Right | None
    status: int
    body: Any = None


CART = {"kind": "entity", "value": "cart"}
ROUTES = {
    ("GET", "/"): Route(None, 200),
    ("GET", "/health/live"): Route(None, 200),
    ("GET", "/health/ready"): Route(None, 503),  # no feed runs here
    ("GET", "/metrics"): Route(Right.READ_ALL, 200),
    ("GET", "/api/v1/openapi.json"): Route(None, 200),
    ("GET", "/api/v1/session"): Route(None, 200),
    ("POST", "/api/v1/session"): Route(None, 403, {"token": "x"}),  # without the header of our page
    ("DELETE", "/api/v1/session"): Route(None, 403),
    ("GET", "/api/v1/tenants"): Route(Right.READ, 200),
    ("GET", "/api/v1/patterns"): Route(Right.READ, 200),
    ("POST", f"{T}/webhooks/alertmanager"): Route(Right.SEND, 202, [ALERT]),
    ("POST", f"{T}/webhooks/alertmanager/api/v2/alerts"): Route(Right.SEND, 202, [ALERT]),
    ("GET", f"{T}/alerts"): Route(Right.READ, 200),
    ("POST", f"{T}/analyses"): Route(Right.CHANGE, 202, {"selector": "up"}),
    ("GET", f"{T}/analyses"): Route(Right.READ, 200),
    ("GET", f"{T}/analyses/r1"): Route(Right.READ, 200),
    ("GET", f"{T}/analyses/r1/events"): Route(Right.READ, 200),
    ("GET", f"{T}/reports"): Route(Right.READ, 200),
    ("GET", f"{T}/reports/r1"): Route(Right.READ, 200),
    ("GET", f"{T}/reports/r1/events"): Route(Right.READ, 200),
    ("DELETE", f"{T}/reports/r1"): Route(Right.CHANGE, 204),
    ("DELETE", f"{T}/reports"): Route(Right.CHANGE, 200),
    ("GET", f"{T}/events"): Route(Right.READ, 200),
    ("POST", f"{T}/examples"): Route(
        Right.CHANGE, 201, {"name": "step", "values": [1.0] * 240 + [2.0] * 60, "split": 240}
    ),
    ("GET", f"{T}/examples"): Route(Right.READ, 200),
    ("GET", f"{T}/examples/{EXAMPLE}"): Route(Right.READ, 200),
    ("DELETE", f"{T}/examples/{EXAMPLE}"): Route(Right.CHANGE, 204),
    ("DELETE", f"{T}/examples"): Route(Right.CHANGE, 200),
    ("GET", f"{T}/audit"): Route(Right.AUDIT, 200),
    ("GET", f"{T}/watches"): Route(Right.READ, 200),
    ("GET", f"{T}/watches/shop"): Route(Right.READ, 200),
    ("PUT", f"{T}/watches/shop"): Route(Right.CHANGE, 200, {"selector": "up", "mutes": [CART]}),
    ("PATCH", f"{T}/watches/shop"): Route(Right.CHANGE, 200, {"paused": True}),
    ("POST", f"{T}/watches/shop/mutes"): Route(Right.CHANGE, 200, {"kind": "metric", "value": "up"}),
    ("POST", f"{T}/watches/shop/mutes/end"): Route(Right.CHANGE, 200, CART),
    ("POST", f"{T}/watches/shop/marks"): Route(Right.CHANGE, 200, {"entity": "cart", "verdict": "noise"}),
    ("DELETE", f"{T}/watches/shop"): Route(Right.CHANGE, 204),
}
GUARDED = [key for key, route in ROUTES.items() if route.need is not None]
OF_A_TENANT = [key for key in ROUTES if "{tenant}" in key[1]]


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[GuardedApi]:
    """Tenant a has one of everything."""
    async with guarded_api(tmp_path, AccessSettings(mode="token")) as api:
        async with api.context.read_model.writing() as db:
            await apply_alert(db, an_alert(tenant="a"))
            await apply_request(db, a_request(tenant="a"))
            await apply_report(db, a_report(tenant="a"), a_position())
            await apply_example(db, an_example("a"), a_position())
            await apply_watch(db, make_watch("a", "shop", "up", mutes=(CART,)), a_position())
        yield api


async def ask(
    api: GuardedApi, key: tuple[str, str], headers: dict[str, str] | None = None, tenant: str = "a"
) -> Answer:
    method, path = key
    return await api.ask(method, path.replace("{tenant}", tenant), headers, ROUTES[key].body)


def templates(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        router = getattr(route, "original_router", None)  # FastAPI's, around an included router
        if router is not None:
            yield from templates(router.routes)
        for method in getattr(route, "methods", None) or ():
            yield method, getattr(route, "path", "")


def of_the_table(method: str, template: str) -> tuple[str, str]:
    path = template
    ids = {
        "{name}": "shop",
        "{report_id}": "r1",
        "{request_id}": "r1",
        "{example_id}": EXAMPLE,
        "{path:path}": "",
    }
    for name, value in ids.items():
        path = path.replace(name, value)
    return method.upper(), path


async def test_every_route_is_classified(api: GuardedApi) -> None:
    there = {of_the_table(method, path) for method, path in templates(api.app.routes) if method != "HEAD"}
    assert there == set(ROUTES)
    documented = api.app.openapi()["paths"]
    assert {of_the_table(method, path) for path, item in documented.items() for method in item} <= there
    assert len(documented) >= 15


@pytest.mark.parametrize("token", ["", "pw_0123456789_" + "A" * 43, "eyJhbGciOiJub25lIn0.e30.", "a:b"])
async def test_without_a_token_that_counts_nothing_is_told(api: GuardedApi, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    for key, route in ROUTES.items():
        answer = await ask(api, key, headers)
        assert answer.status == (route.status if route.need is None else 401), key
        if route.need is not None:
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="patternwatch"'
            assert answer.headers["Content-Type"] == "application/problem+json"
            other = await ask(api, key, headers, tenant="nowhere")
            assert other.body == answer.body, "a tenant that there is looks like one that there is not"


async def test_a_strangers_token_tells_as_little_of_a_tenant_as_if_there_were_none(api: GuardedApi) -> None:
    for role in ("viewer", "operator", "sender"):
        headers = await api.token(role, "b")
        for key in OF_A_TENANT:
            answer = await ask(api, key, headers)
            none = await ask(api, key, headers, tenant="q")
            assert answer.status in (403, 404), key
            assert answer.body == none.body.replace(b"'q'", b"'a'"), key
            if role == "operator":
                assert answer.status == 404, key
    assert api.publisher.sent == []


@pytest.mark.parametrize("role", ["viewer", "sender", "operator"])
async def test_a_role_does_what_it_may(api: GuardedApi, role: Any) -> None:
    may = {
        "viewer": {Right.READ},
        "sender": {Right.SEND},
        "operator": {Right.READ, Right.SEND, Right.CHANGE, Right.AUDIT},
    }
    headers = await api.token(role, "a")
    for key, route in ROUTES.items():
        allowed = route.need is None or route.need in may[role]
        assert (await ask(api, key, headers)).status == (route.status if allowed else 403), key
    if role == "viewer":
        assert api.publisher.sent == []


async def test_a_token_of_all_tenants_opens_all_and_the_metrics(api: GuardedApi) -> None:
    headers = await api.token("operator")
    for key, route in ROUTES.items():
        assert (await ask(api, key, headers)).status == route.status, key


async def test_the_list_of_tenants_has_those_that_the_caller_may_see(api: GuardedApi) -> None:
    seen = {}
    for tenants in ((), ("a",), ("b", "a"), ("elsewhere",)):
        answer = await api.ask("GET", "/api/v1/tenants", await api.token("viewer", *tenants))
        seen[tenants] = [tenant["id"] for tenant in answer.json()["tenants"]]
    assert seen == {(): ["a", "b", "a|b"], ("a",): ["a"], ("b", "a"): ["a", "b", "a|b"], ("elsewhere",): []}


async def test_a_path_that_no_route_knows_is_guarded_too(api: GuardedApi) -> None:
    for path in ("/api/v1/nothing", "/api", "/metrics/x", "/api/v1/tenants/a/new-route"):
        assert (await api.ask("GET", path)).status == 401
    assert (await api.ask("PUT", "/api/v1/tenants", await api.token("viewer"))).status == 403
    assert (await api.ask("GET", "/api/v1/nothing", await api.token("viewer"))).status == 404
