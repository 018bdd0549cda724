"""Do the lists stay fast with many reports?

    python -m benchmarks.read_model [--small 1000] [--large 100000] [--reads 200] [--postgres URL] [--json]

A read model is filled with so many reports of one tenant, each with its analysis and its alert, and read
over HTTP within one process: first pages of lists, pages behind them, one report. Then the same with the
large number. SQLite in a temporary folder; PostgreSQL too, where an empty database is given (or
PATTERNWATCH_BENCH_POSTGRES).

list_over_small    slowest median of a read of a list at the large number, over that at the small one
report_over_small  the same of one report
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import httpx
import numpy as np

from benchmarks.output import Result, progress, run
from patternwatch.api.app import create_app
from patternwatch.api.context import AppContext
from patternwatch.api.main import context_for
from patternwatch.api.read_model.projection import apply_alerts, apply_report
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.report import Report, SeriesCounts
from patternwatch.contracts.series import WINDOW_ROWS, Window
from patternwatch.contracts.settings import TenantSettings
from patternwatch.kafka.producer import RecordPosition

NOW_MS = 1_764_000_000_000
_TENANT = "a"
_BATCH = 500
_DEEP_PAGES = 20


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=1000, help="reports at first")
    parser.add_argument("--large", type=int, default=100_000, help="reports in the end")
    parser.add_argument("--reads", type=int, default=200, help="of each kind")
    parser.add_argument("--postgres", default=os.environ.get("PATTERNWATCH_BENCH_POSTGRES", ""))
    run(lambda arguments: asyncio.run(_benchmark(arguments)), parser)


async def _benchmark(arguments: argparse.Namespace) -> Result:
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="patternwatch-bench-") as folder:
        urls = {"sqlite": f"sqlite:///{folder}/read_model.db"}
        if arguments.postgres:
            urls["postgresql"] = arguments.postgres
        for name, url in urls.items():
            rows += await _measured(name, url, arguments)
    ratios = _ratios(rows, arguments)
    return {
        "figures": {
            "list_over_small": max(ratio for (_, read), ratio in ratios.items() if read != "one report"),
            "report_over_small": max(ratio for (_, read), ratio in ratios.items() if read == "one report"),
        },
        "results": rows,
        "settings": {"reads": arguments.reads, "databases": ", ".join(urls)},
    }


def _ratios(rows: list[dict[str, Any]], arguments: argparse.Namespace) -> dict[tuple[str, str], float]:
    p50 = {(row["database"], row["read"], row["reports"]): row["p50 ms"] for row in rows}
    return {
        (database, read): p50[database, read, arguments.large] / p50[database, read, arguments.small]
        for database, read, reports in p50
        if reports == arguments.large
    }


async def _measured(name: str, url: str, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    settings = ApiSettings(tenants=(TenantSettings(id=_TENANT),), database_url=url)
    context, rows = context_for(settings), []
    app = create_app(context, feed=False)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1/tenants/a") as client,
    ):
        there = 0
        for reports in (arguments.small, arguments.large):
            await _fill(context, there, reports)
            there = reports
            for read, ask in _reads(client, reports).items():
                await ask()
                seconds = np.array([await _timed(ask) for _ in range(arguments.reads)])
                p50, p99 = np.percentile(seconds * 1000, (50, 99))
                rows.append(
                    {"database": name, "reports": reports, "read": read, "p50 ms": p50, "p99 ms": p99}
                )
    return rows


def _reads(client: httpx.AsyncClient, reports: int) -> dict[str, Callable[[], Awaitable[object]]]:
    numbers = count()

    async def deep() -> None:
        # Somewhere in the list: where its rows of this time begin.
        place = next(numbers) % _DEEP_PAGES * reports // _DEEP_PAGES
        (await client.get("/reports", params={"before": str(NOW_MS + place)})).raise_for_status()

    async def one() -> None:
        (await client.get(f"/reports/r{next(numbers) * 7919 % reports}")).raise_for_status()

    async def first(what: str) -> None:
        (await client.get(f"/{what}")).raise_for_status()

    return {
        "first page of reports": lambda: first("reports"),
        "a page behind it": deep,
        "one report": one,
        "first page of alerts": lambda: first("alerts"),
        "first page of analyses": lambda: first("analyses"),
    }


async def _timed(ask: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await ask()
    return time.perf_counter() - began


async def _fill(context: AppContext, there: int, reports: int) -> None:
    for first in range(there, reports, _BATCH):
        await _add(context.read_model, range(first, min(first + _BATCH, reports)))
        if first % 10_000 == 0:
            progress(f"{first} reports are stored")


async def _add(model: ReadModel, numbers: range) -> None:
    alerts = [
        Alert(
            tenant=_TENANT,
            fingerprint=f"f{n}",
            status="firing" if n % 10 == 0 else "resolved",
            labels={"alertname": "HighLatency", "severity": "page", "cluster": "shop"},
            annotations={"summary": "Slow answers or errors"},
            starts_at_ms=NOW_MS + n,
            received_at_ms=NOW_MS + n,
        )
        for n in numbers
    ]
    async with model.writing() as db:
        await apply_alerts(db, alerts)
        for n, alert in zip(numbers, alerts, strict=True):
            await apply_report(db, _report(n, alert), RecordPosition("cluster", 0, n))


def _report(n: int, alert: Alert) -> Report:
    at_ms = NOW_MS + n
    finding = Finding(
        rank=1,
        series_id="s",
        name="http_requests_total",
        labels={"__name__": "http_requests_total", "service": "checkout"},
        expression="rate(http_requests_total[1m])",
        entity="checkout",
        category="traffic",
        score=5.0,
        pattern=Pattern.LEVEL_SHIFT_UP,
        pattern_type=Pattern.LEVEL_SHIFT_UP.type,
        pattern_probability=0.9,
        direction="up",
        baseline=1.0,
        peak=9.0,
        evidence=[],
        points=np.random.default_rng(n).random(WINDOW_ROWS, dtype=np.float32),
    )
    return Report(
        report_id=f"r{n}",
        request_id=f"r{n}",
        tenant=_TENANT,
        status="complete",
        trigger="alert",
        title=alert.name,
        selector='{cluster="shop"}',
        alert=alert,
        window=Window.ending(at_ms, at_ms - 60 * 30_000, 30_000),
        verdict="checkout began to slow down",
        counts=SeriesCounts(selected=1000, analysed=900, flagged=5),
        findings=[finding] * 5,
        requested_at_ms=at_ms,
        published_at_ms=at_ms,
    )


if __name__ == "__main__":
    main()
