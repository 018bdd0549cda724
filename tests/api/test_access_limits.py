"""How often a caller may ask, how much it may send, and what the audit log says of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from patternwatch.api.access.rate_limit import RateLimit
from patternwatch.api.read_model.projection import apply_example, apply_report
from patternwatch.contracts.access_settings import AccessSettings
from patternwatch.contracts.settings import LogSettings
from patternwatch.logs import configure_logs
from tests.api.access_harness import GuardedApi, guarded_api
from tests.api.test_main import _logs_restored
from tests.fakes.messages import a_position, a_report, an_example

TENANTS = "/api/v1/tenants"
HOOK = "/api/v1/tenants/a/webhooks/alertmanager"
ALERT = {"labels": {"alertname": "A"}, "startsAt": "2026-11-23T15:19:00Z", "status": "firing"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[GuardedApi]:
    access = AccessSettings(mode="token", max_requests_per_minute=3, max_webhooks_per_minute=2)
    async with guarded_api(tmp_path, access, max_order_bytes=1000, max_body_bytes=5000) as api:
        yield api


async def test_a_caller_that_asks_too_often_waits_and_the_others_do_not(api: GuardedApi) -> None:
    alice, bob = await api.token("viewer"), await api.token("viewer")
    assert [(await api.ask("GET", TENANTS, alice)).status for _ in range(3)] == [200] * 3
    refused = await api.ask("GET", TENANTS, alice)
    assert refused.status == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert "max_requests_per_minute" in refused.json()["detail"]
    assert (await api.ask("GET", TENANTS, bob)).status == 200


async def test_a_webhook_over_the_limit_is_one_that_its_sender_sends_again(api: GuardedApi) -> None:
    headers = await api.token("sender", "a")
    assert [(await api.ask("POST", HOOK, headers, [ALERT])).status for _ in range(3)] == [202, 202, 503]


async def test_without_a_mode_nobody_is_counted(tmp_path: Path) -> None:
    async with guarded_api(tmp_path, AccessSettings(max_requests_per_minute=1)) as api:
        assert [(await api.ask("GET", TENANTS)).status for _ in range(3)] == [200] * 3


def test_a_bucket_fills_again_and_is_forgotten_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    limit = RateLimit(60, lambda: now)
    assert [limit.wait_s("a") == 0 for _ in range(61)] == [True] * 60 + [False]
    now = 0.5
    assert limit.wait_s("a") == pytest.approx(0.5)
    now = 1.0
    assert limit.wait_s("a") == 0
    monkeypatch.setattr("patternwatch.api.access.rate_limit._MAX_BUCKETS", 1)
    now = 1000.0
    assert limit.wait_s("b") == 0
    assert list(limit._buckets) == ["b"]


async def test_webhooks_may_be_large_other_bodies_not(api: GuardedApi) -> None:
    headers = await api.token("operator", "a")
    large = [ALERT | {"annotations": {"text": "x" * 2000}}]
    assert (await api.ask("POST", HOOK, headers, large)).status == 202
    too_large = await api.ask("POST", HOOK, headers, large * 3)
    assert (too_large.status, "max_body_bytes" in too_large.json()["detail"]) == (413, True)
    order = await api.ask("POST", "/api/v1/tenants/a/analyses", headers, {"selector": "x" * 1000})
    assert (order.status, "max_order_bytes" in order.json()["detail"]) == (413, True)
    sign_in = await api.ask("POST", "/api/v1/session", {"X-Patternwatch-CSRF": "1"}, {"token": "x" * 1000})
    assert sign_in.status == 413


async def test_starts_teaching_and_deletions_are_on_record(tmp_path: Path) -> None:
    async with guarded_api(tmp_path, AccessSettings(mode="token")) as api:
        async with api.context.read_model.writing() as db:
            await apply_report(db, a_report(tenant="a"), a_position())
            await apply_example(db, an_example("a"), a_position())
        headers = await api.token("operator", "a")
        key = "token:" + headers["Authorization"].split("_")[1]
        root = "/api/v1/tenants/a"
        taught: dict[str, Any] = {"name": "step", "values": [1.0] * 240 + [2.0] * 60, "split": 240}
        orders = [
            ("POST", "analyses", {"selector": "up"}, "start_analysis", 202),
            ("POST", "analyses", {"selector": "{"}, "start_analysis", 422),
            ("POST", "examples", taught, "teach", 201),
            ("DELETE", "reports/r1", None, "delete_report", 204),
            ("DELETE", "reports/r9", None, "delete_report", 404),
            ("DELETE", "examples", None, "delete_all_examples", 200),
        ]
        with capture_logs() as logs:
            for method, path, body, _, _ in orders:
                await api.ask(method, f"{root}/{path}", headers, body)
            await api.ask("GET", f"{root}/reports", headers)
            token = {"token": headers["Authorization"].removeprefix("Bearer ")}
            await api.ask("POST", "/api/v1/session", {"X-Patternwatch-CSRF": "1"}, token)
            viewer = await api.token("viewer", "a")
            await api.ask("DELETE", f"{root}/reports", viewer)
    audit = [line for line in logs if line["event"] == "audit"]
    assert [(line["action"], line["status"]) for line in audit] == [
        *((action, status) for *_, action, status in orders),
        ("sign_in", 200),
    ]
    for line in audit:
        assert (line["who"], line["caller"], line["role"]) == ("operator of a", key, "operator")
        assert line["client"] == "10.0.0.9"
    started, _, taught_line, deleted, _, all_examples, _ = audit
    assert started["tenant"] == "a"
    assert len(started["request_id"]) == 20
    assert len(taught_line["example_id"]) > 5
    assert (deleted["report_id"], deleted["count"]) == ("r1", 1)
    assert all_examples["count"] == 2
    refused = [line for line in logs if line["event"] == "access.refused"]
    assert [(line["status"], line["path"]) for line in refused] == [(403, f"{root}/reports")]


async def test_the_audit_log_is_written_whatever_the_level_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with _logs_restored():
        configure_logs(LogSettings(level="error", format="json"))
        async with guarded_api(tmp_path, AccessSettings()) as api:
            await api.ask("DELETE", "/api/v1/tenants/a/reports")
            await api.ask("GET", "/api/v1/tenants/a/reports")
        lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert '"event": "audit"' in lines[0]
    assert '"who": "local"' in lines[0]
    assert '"timestamp"' in lines[0]
