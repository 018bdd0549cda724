"""The audit log as its tenant's operators read it: whole, in pages, and nobody else's."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from patternwatch.api.context import AppContext
from patternwatch.contracts.access_settings import AccessSettings
from tests.api.access_harness import guarded_api
from tests.fakes.audit import an_audit_entry
from tests.fakes.clock import NOW_MS

AUDIT = "/api/v1/tenants/a/audit"
TAUGHT = {"name": "step", "values": [1.0] * 240 + [2.0] * 60, "split": 240}


async def test_who_did_what_and_when_is_told_the_latest_first(tmp_path: Path) -> None:
    async with guarded_api(tmp_path, AccessSettings(mode="token")) as api:
        headers, root = await api.token("operator", "a"), "/api/v1/tenants/a"
        await api.ask("POST", f"{root}/analyses", headers, {"selector": "up"})
        api.clock.now += 1
        example_id = (await api.ask("POST", f"{root}/examples", headers, TAUGHT)).json()["example_id"]
        api.clock.now += 1
        await api.ask("DELETE", f"{root}/reports/r9", headers)
        await api.ask("GET", f"{root}/reports", headers)
        told = (await api.ask("GET", AUDIT, headers)).json()
    assert (told["total"], told["next"]) == (3, None)
    assert [(e["action"], e["status"], e["at_ms"] - NOW_MS) for e in told["entries"]] == [
        ("delete_report", 404, 2000),
        ("teach", 201, 1000),
        ("start_analysis", 202, 0),
    ]
    deleted, taught, started = told["entries"]
    key = "token:" + headers["Authorization"].split("_")[1]
    for entry in told["entries"]:
        assert (entry["who"], entry["caller"], entry["role"]) == ("operator of a", key, "operator")
        assert entry["client"] == "10.0.0.9"
    assert deleted["what"] == {"report_id": "r9"}
    assert taught["what"]["example_id"] == example_id
    assert len(started["what"]["request_id"]) == 20


async def test_what_a_stranger_tries_is_told_to_nobody_in_the_tenant(tmp_path: Path) -> None:
    """The line says it; the entry would tell one tenant of the tokens and addresses of another."""
    async with guarded_api(tmp_path, AccessSettings(mode="token")) as api:
        with capture_logs() as logs:
            await api.ask("DELETE", "/api/v1/tenants/a/reports", await api.token("operator", "b"))
        assert [line["who"] for line in logs if line["event"] == "audit"] == ["operator of b"]
        for tenant in ("a", "b"):
            told = await api.ask("GET", f"/api/v1/tenants/{tenant}/audit", await api.token("operator"))
            assert told.json()["entries"] == []


async def test_it_is_read_in_pages_on_either_database(context: AppContext, client: httpx.AsyncClient) -> None:
    for n in range(7):
        entry = an_audit_entry(at_ms=NOW_MS + n // 3, what={"count": n})
        await context.read_model.keep_audit_entry(entry)
    seen, before = [], ""
    for _ in range(3):
        page = (await client.get(f"{AUDIT}?limit=3{before}")).raise_for_status().json()
        seen += [entry["what"]["count"] for entry in page["entries"]]
        assert page["total"] == 7
        before = f"&before={page['next']}"
    assert seen == [6, 5, 4, 3, 2, 1, 0]
    assert page["next"] is None


async def test_what_holds_nul_or_no_known_operation_is_kept(
    context: AppContext, client: httpx.AsyncClient
) -> None:
    await client.delete("/api/v1/tenants/a/reports/a%00b")
    await client.post("/api/v1/tenants/a/nothing")
    await client.put(AUDIT)
    entries = (await client.get(AUDIT)).raise_for_status().json()["entries"]
    assert [(entry["action"], entry["status"], entry["what"], entry["who"]) for entry in entries] == [
        (f"PUT {AUDIT}", 405, {}, "local"),
        ("delete_report", 404, {"report_id": "a\0b"}, "local"),
    ]


async def test_a_database_that_refuses_the_entry_does_not_refuse_the_operation(
    context: AppContext, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, OSError("the disk is full"))

    monkeypatch.setattr("patternwatch.api.read_model.queries.store_audit_entry", full)
    with capture_logs() as logs:
        started = await client.post("/api/v1/tenants/a/analyses", json={"selector": "up"})
    assert started.status_code == 202
    assert [line["event"] for line in logs if line["event"].startswith("audit")] == [
        "audit",
        "audit.not_stored",
    ]
