"""How long from a posted alert until the API answers its report, with everything real that lies between.

    python -m benchmarks.end_to_end [--series 10000] [--requests 12] [--json]

A Kafka, a worker and the API are started as `patternwatch demo` starts them, over a Prometheus that holds
300 points of every series; the series of a few targets step up when the alert begins. Alerts are posted one
after the other, each with a fingerprint of its own and joining off, so each is looked at anew; a random pause
before each keeps them out of step with the timers of the processes. The end is waited for on the event
stream, as the page does it: asking again and again would take CPU from what is measured.

first_report_s     the first alert, posted as soon as the API is ready; the worker may still warm up
report_s           median of the alerts after it
report_over_floor  that, over floor_s
floor_s            fetching the same shards by the product's own client in this process, as many at once
                   as the worker does: median of five rounds after the alerts
series             that every report was made of
findings           in the last report
"""

import argparse
import asyncio
import json
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import httpx

from benchmarks.filled_prometheus import CHANGED_JOB, Filled, filled
from benchmarks.output import Result, progress, run
from patternwatch.analysis.planning import plan_shards
from patternwatch.analysis.requests import request_for_alert
from patternwatch.api.alertmanager import alerts_of, read_webhook
from patternwatch.cli.local_stack import LocalStack, is_ready, local_stack
from patternwatch.cli.times import timestamp
from patternwatch.contracts.codec import decode
from patternwatch.contracts.messages import AnalysisRequest, Shard
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS
from patternwatch.contracts.settings import AnalysisSettings, SourceSettings, TenantSettings
from patternwatch.cortex.prometheus import PrometheusSource

TENANT = "bench"
STEP_MS = AnalysisSettings().step_ms
FLOOR_ROUNDS = 5
ALERTS_OF_ANY_AGE = {"ANALYSIS__MAX_ALERT_AGE_S": "1e9"}
"""The samples have fixed times, so that they are the same in every run."""
NO_JOINING = {"ANALYSIS__JOIN_S": "0", "ANALYSIS__COOLDOWN_S": "0"}
LONGEST_PAUSE_S = 1.0
POLL_S = 0.005
REPORT_S = 120.0
"""An alert without a report after this long ends the run with an error."""


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=12, help="alerts after the first one")
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    with filled(arguments.series, WINDOW_ROWS, STEP_MS, changed_from=BASELINE_ROWS) as server:
        settings = {"SOURCE__URL": server.url, **ALERTS_OF_ANY_AGE, **NO_JOINING}
        with local_stack(settings, TENANT, port=0) as running:
            rows = _alerts(running, server, arguments)
        floor = asyncio.run(_floor(server))
    report_s = statistics.median(row["report_s"] for row in rows[1:])
    return {
        "figures": {
            "first_report_s": rows[0]["report_s"],
            "report_s": report_s,
            "report_over_floor": report_s / floor,
            "floor_s": floor,
            "series": rows[-1]["series"],
            "findings": rows[-1]["findings"],
        },
        "results": rows,
        "settings": {"series": arguments.series, "requests": arguments.requests},
    }


def _alerts(running: LocalStack, server: Filled, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """What the report of each alert took, and what is in it."""
    rows: list[dict[str, Any]] = []
    rng = random.Random(7)
    with httpx.Client(base_url=f"{running.url}/api/v1/tenants/{TENANT}", timeout=30) as client:
        running.wait("the API", lambda: is_ready(running.url))
        for number in range(1 + arguments.requests):
            time.sleep(rng.uniform(0.0, LONGEST_PAUSE_S) if rows else 0.0)
            started = time.perf_counter()
            report = _report(client, running, _webhook(server, number))
            seconds = time.perf_counter() - started
            _check(report, arguments.series)
            row = {
                "alert": number + 1,
                "report_s": seconds,
                "series": report.counts.selected,
                "flagged": report.counts.flagged,
                "findings": len(report.findings),
                "first": report.entities[0].entity,
            }
            progress(str(row))
            rows.append(row)
    return rows


def _report(client: httpx.Client, running: LocalStack, webhook: dict[str, Any]) -> Report:
    """Post the alert, follow its analysis to the end, get the report."""
    posted = client.post("/webhooks/alertmanager", json=webhook)
    posted.raise_for_status()
    request_id = posted.json()["alerts"][0]["request_id"]
    until = time.monotonic() + REPORT_S
    while not _is_over(client, f"/analyses/{request_id}/events", lambda: _expect(running, until)):
        time.sleep(POLL_S)
    answer = client.get(f"/reports/{request_id}")
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"the analysis is over, but its report is answered {answer.status_code}")
    return decode(answer.content, Report)


def _is_over(client: httpx.Client, events: str, on_line: Callable[[], None]) -> bool:
    """Read the event stream to its end, which is the analysis's; False where the API knows of none yet."""
    with client.stream("GET", events) as stream:
        for _ in stream.iter_lines():
            on_line()
        return stream.status_code == httpx.codes.OK


def _expect(running: LocalStack, until: float) -> None:
    """End the run where no report is to be expected any more; a quiet event stream has a line every 15 s."""
    running.children.check()
    if time.monotonic() > until:
        raise SystemExit(f"no report after {REPORT_S:g} s:\n{running.children.log_tails()}")


def _check(report: Report, series: int) -> None:
    """A report of less than everything, or that does not see the change, was not worth measuring."""
    if report.status != "complete":
        raise SystemExit(f"the report is {report.status}: {report.reason}")
    if report.counts.selected != series:
        raise SystemExit(f"the report is made of {report.counts.selected} series, not of {series}")
    if not report.entities or report.entities[0].entity != CHANGED_JOB:
        names = [entity.entity for entity in report.entities[:3]]
        raise SystemExit(f"{CHANGED_JOB} has changed, but the report names {names}")


def _webhook(server: Filled, number: int) -> dict[str, Any]:
    """The body that Alertmanager would post; the alert begins with the current part."""
    labels = {"alertname": "SlowOrFailing", "cluster": "bench", "severity": "page", "number": str(number)}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": "Slow answers or errors"},
        "startsAt": timestamp(server.start_ms + BASELINE_ROWS * STEP_MS),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
    }
    return {
        "version": "4",
        "groupKey": '{}:{alertname="SlowOrFailing"}',
        "status": "firing",
        "alerts": [alert],
    }


async def _floor(server: Filled) -> float:
    """Median seconds of fetching every shard once; a round before that warms up."""
    settings = SourceSettings(url=server.url)
    source, request = PrometheusSource(settings), _request(server)
    gate = asyncio.Semaphore(settings.concurrency)
    shards = plan_shards(
        request, await source.count(TENANT, request.matchers, request.window), AnalysisSettings()
    )

    async def one(shard: Shard) -> int:
        async with gate:
            return len(await source.fetch(TENANT, shard.matchers, request.window))

    seconds = []
    for _ in range(1 + FLOOR_ROUNDS):
        started = time.perf_counter()
        fetched = sum(await asyncio.gather(*(one(shard) for shard in shards)))
        seconds.append(time.perf_counter() - started)
        progress(f"floor: {fetched} series fetched in {seconds[-1]:.2f} s")
    await source.close()
    return statistics.median(seconds[1:])


def _request(server: Filled) -> AnalysisRequest:
    """What the worker makes of the alert."""
    now_ms = int(time.time() * 1000)
    alerts, _ = alerts_of(read_webhook(json.dumps(_webhook(server, 0)).encode()), TENANT, now_ms)
    return request_for_alert(alerts[0], TenantSettings(id=TENANT), AnalysisSettings(), now_ms)


if __name__ == "__main__":
    main()
