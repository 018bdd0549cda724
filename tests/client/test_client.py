"""The client against the real API (its Kafka played by a list), and against answers that go wrong."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient

from patternwatch.api.app import create_app
from patternwatch.api.context import AppContext
from patternwatch.api.read_model.projection import apply_report
from patternwatch.api.settings import ApiSettings
from patternwatch.client import ApiClient
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import (
    BrokerUnavailableError,
    InputError,
    NotFoundError,
    PatternwatchError,
)
from patternwatch.contracts.settings import TenantSettings
from tests.fakes.api import context_of
from tests.fakes.messages import a_position, a_report, an_example
from tests.fakes.publisher import FakePublisher


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def context(tmp_path: Path, publisher: FakePublisher) -> AppContext:
    url = f"sqlite+aiosqlite:///{tmp_path}/read_model.db"
    return context_of(ApiSettings(tenants=(TenantSettings(id="a"),), database_url=url), publisher)


@pytest.fixture
def api(context: AppContext) -> Iterator[TestClient]:
    with TestClient(create_app(context, feed=False)) as api:
        yield api


@pytest.fixture
def client(api: TestClient) -> Iterator[ApiClient]:
    with ApiClient("http://localhost/", "a", transport=api._transport) as client:
        yield client


def answering(status: int, **answer: Any) -> ApiClient:
    return ApiClient(
        "http://api", "a", transport=httpx.MockTransport(lambda _: httpx.Response(status, **answer))
    )


@pytest.mark.parametrize(("host", "is_proxied"), [("localhost", False), ("127.0.0.1", False), ("api", True)])
def test_no_proxy_of_the_environment_is_asked_for_this_machine(
    host: str, is_proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy, socket.create_server(("127.0.0.1", 0)) as api:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "")
        for server in (proxy, api):
            server.settimeout(0.05)
        with ApiClient(f"http://{host}:{api.getsockname()[1]}", "a", timeout_s=0.05) as client:
            assert not client.is_ready()
        asked, other = (proxy, api) if is_proxied else (api, proxy)
        asked.accept()[0].close()
        with pytest.raises(TimeoutError):
            other.accept()


def test_an_alert_starts_an_analysis_that_can_be_followed(client: ApiClient) -> None:
    alert = {"status": "firing", "labels": {"alertname": "Slow"}, "startsAt": "2026-11-23T09:20:44Z"}
    resolved = alert | {"status": "resolved", "endsAt": "2026-11-23T09:30:44Z"}
    first, second = client.send_alerts({"version": "4", "alerts": [alert, resolved]})
    assert first is not None
    assert second is None
    request_id = client.start_analysis(selector='{cluster="prod"}', title="by hand")
    progress = client.analysis(request_id)
    assert (progress.stage, progress.title) == ("accepted", "by hand")
    with pytest.raises(NotFoundError, match="nope"):
        client.analysis("nope")


def test_reports_are_read_and_listed(client: ApiClient, context: AppContext, api: TestClient) -> None:
    async def store() -> None:
        async with context.read_model.writing() as db:
            await apply_report(db, a_report(), a_position())

    assert client.find_report("r1") is None
    assert api.portal is not None
    api.portal.call(store)
    assert encode(client.report("r1")) == encode(a_report())
    assert client.find_report("r1") is not None
    assert [(r.report_id, r.verdict) for r in client.reports()] == [("r1", "checkout began to slow down")]
    with pytest.raises(NotFoundError, match="no example"):
        client.remove_example("x y")


def test_examples_are_taught_listed_and_taken_back(client: ApiClient) -> None:
    example = an_example()
    client.put_example(example)
    (found,) = client.examples()
    assert found.example_id == example.example_id
    np.testing.assert_array_equal(found.values, example.values)
    client.remove_example(example.example_id)
    assert client.examples() == []


def test_examples_are_listed_over_all_their_pages() -> None:
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        before = request.url.params.get("before")
        asked.append(before)
        one = an_example(seed=len(asked)).model_dump(mode="json")
        return httpx.Response(200, json={"examples": [one], "next": None if before else "7~x y"})

    found = ApiClient("http://api", "a", transport=httpx.MockTransport(answer)).examples()
    assert (len(found), asked) == (2, [None, "7~x y"])


def test_it_is_ready_when_the_feed_turns(client: ApiClient, context: AppContext) -> None:
    assert not client.is_ready()
    context.feed_state.turned()
    assert client.is_ready()


def test_a_broker_that_is_away_is_told_apart(client: ApiClient, publisher: FakePublisher) -> None:
    publisher.broken = True
    with pytest.raises(BrokerUnavailableError, match="Kafka is away") as told:
        client.put_example(an_example())
    assert told.value.remedy == "Start it"


def test_a_mistake_of_the_caller_is_told_in_the_words_of_the_api(client: ApiClient) -> None:
    with pytest.raises(InputError, match="neither an alert nor a selector") as told:
        client.start_analysis()
    assert "alert_fingerprint" in told.value.remedy


def test_an_unknown_tenant_is_not_found(api: TestClient) -> None:
    stranger = ApiClient("http://localhost", "b c/d", transport=api._transport)
    with pytest.raises(NotFoundError):
        stranger.examples()


@pytest.mark.parametrize("answer", [{"content": b"<html>"}, {"json": ["no object"]}, {"json": {}}])
@pytest.mark.parametrize("status", [302, 500])
def test_an_answer_of_something_else_names_the_address(status: int, answer: dict[str, object]) -> None:
    with pytest.raises(PatternwatchError, match=rf"http://api/\S+ answered {status}"):
        answering(status, **answer).examples()


def test_nobody_at_the_address_is_neither_ready_nor_silent() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    client = ApiClient("http://api", "a", transport=httpx.MockTransport(refuse))
    assert not client.is_ready()
    with pytest.raises(PatternwatchError, match="does not answer: ConnectError") as told:
        client.examples()
    assert "patternwatch api" in told.value.remedy
