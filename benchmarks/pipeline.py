"""How long from a posted alert until its report is read, with everything real that lies between, and where.

    python -m benchmarks.pipeline [--series 10000] [--requests 40] [--workers 1] [--watched] [--json]
    python -m benchmarks.pipeline --series 20000 --cortex BINARY [--json]

A Kafka, workers and the API are started as `patternwatch demo` starts them, over a Prometheus that holds
300 points of every series; the series of a few targets step up when the alert begins. Alerts are posted one
after the other, each with a fingerprint of its own and joining off, so each is looked at anew; a random pause
before each keeps them out of step with the timers of the processes. The end is waited for on the event
stream, as the page does it: asking again and again would take CPU from what is measured.

first_s     the first alert, posted as soon as the API is ready; the worker may still warm up
p50_s       median of the alerts after it (`p50_100k_s` with 100,000 series, `p50_cortex_20k_s` over Cortex)
p99_s       their 99th percentile
over_fetch  p50_s over fetch_s
fetch_s     fetching the same shards by the product's own client in this process, as many at once as the
            worker does: median of five rounds after the alerts
us_series   p50_s by series, in microseconds
p50_watched_s
            with --watched, afterwards: the same alerts, where the cluster is watched and its series are read
            from what the watch holds (`p50_watched_100k_s` with 100,000 series)
parts_s     count, fetch, scan and conclude in this process, one after the other, by the same functions

The rows say where the time of the median alert goes: `count`, `fetch and scan` (all shards, side by side),
`conclude` (with `classify` in it), `store` (from the published report until the API answers it) and
`kafka` (the rest: webhook, queues, progress). The next rows say what the workers were busy with, summed over
shards, beside the same in this process.
"""

import argparse
import asyncio
import json
import random
import statistics
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import httpx
import numpy as np

from benchmarks.filled_cortex import filled_cortex
from benchmarks.filled_prometheus import Filled, filled
from benchmarks.output import Result, progress, run
from benchmarks.posted_alerts import (
    ALERTS_OF_ANY_AGE,
    NO_JOINING,
    STEP_MS,
    TENANT,
    Answered,
    answered,
    check,
    webhook_of,
)
from benchmarks.pure_parts import Parts, fetched, parts_of
from benchmarks.stage_seconds import stage_seconds
from benchmarks.watched_pipeline import watched_alerts
from patternwatch.analysis.planning.requests import request_for_alert
from patternwatch.analysis.planning.shards import plan_shards
from patternwatch.api.alertmanager import alerts_of, read_webhook
from patternwatch.cli.local_stack import LocalStack, is_ready, local_stack
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS
from patternwatch.contracts.settings import AnalysisSettings, SourceSettings, TenantSettings
from patternwatch.cortex.prometheus import PrometheusSource

FETCH_ROUNDS = 5
LONGEST_PAUSE_S = 1.0


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=40, help="alerts after the first one")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--watched", action="store_true", help="then the same of a watched cluster")
    parser.add_argument("--cortex", help="over this Cortex, with its default limits, instead of Prometheus")
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    with _source(arguments) as server:
        settings = {"SOURCE__URL": server.url, **ALERTS_OF_ANY_AGE, **NO_JOINING}
        with local_stack(settings, TENANT, port=0, workers=arguments.workers) as running:
            first, alerts, busy = _alerts(running, server, arguments)
        fetch_s, parts = asyncio.run(_alone(server))
    seconds = [alert.seconds for alert in alerts]
    p50_s = statistics.median(seconds)
    many = "" if arguments.series < 100_000 else f"{arguments.series // 1000}k_"
    many += f"cortex_{arguments.series // 1000}k_" if arguments.cortex else ""
    watched = _watched(arguments) if arguments.watched else []
    return {
        "figures": {
            "first_s": first.seconds,
            f"p50_{many}s": p50_s,
            "p99_s": float(np.percentile(seconds, 99)),
            "over_fetch": p50_s / fetch_s,
            "fetch_s": fetch_s,
            "us_series": 1e6 * p50_s / arguments.series,
            "parts_s": parts.whole_s,
            **({f"p50_watched_{many}s": statistics.median(watched)} if watched else {}),
        },
        "results": _shares(alerts, busy),
        "more": [_busy(busy, parts), [_row(alerts[-1].report)]],
        "settings": {
            **{name: getattr(arguments, name) for name in ("series", "requests", "workers", "watched")},
            "cortex": bool(arguments.cortex),
        },
    }


def _source(arguments: argparse.Namespace) -> AbstractContextManager[Filled]:
    if arguments.cortex:
        return filled_cortex(arguments.cortex, TENANT, arguments.series, WINDOW_ROWS, STEP_MS, BASELINE_ROWS)
    return filled(arguments.series, WINDOW_ROWS, STEP_MS, changed_from=BASELINE_ROWS)


def _alerts(
    running: LocalStack, server: Filled, arguments: argparse.Namespace
) -> tuple[Answered, list[Answered], Mapping[str, float]]:
    """The first alert, those after it, and what the workers were busy with at each of these in the mean."""
    rng = random.Random(7)
    with httpx.Client(base_url=f"{running.url}/api/v1/tenants/{TENANT}", timeout=30) as client:
        running.wait("the API", lambda: is_ready(running.url))
        first = answered(client, running, webhook_of(server, 0))
        check(first.report, arguments.series)
        progress(f"first alert: {first.seconds:.2f} s")
        running.wait_until_ready()
        before, alerts = stage_seconds(running.worker_metrics), list[Answered]()
        for number in range(1, 1 + arguments.requests):
            time.sleep(rng.uniform(0.0, LONGEST_PAUSE_S))
            alerts.append(answered(client, running, webhook_of(server, number)))
            check(alerts[-1].report, arguments.series)
            progress(f"alert {number}: {alerts[-1].seconds:.2f} s")
        busy = stage_seconds(running.worker_metrics)
    return first, alerts, {stage: (s - before[stage]) / len(alerts) for stage, s in busy.items()}


def _watched(arguments: argparse.Namespace) -> list[float]:
    alerts = watched_alerts(arguments.series, arguments.requests, arguments.workers)
    return [alert.seconds for alert in alerts]


def _shares(alerts: list[Answered], busy: Mapping[str, float]) -> list[dict[str, Any]]:
    """Where the time of an alert goes: medians, and their share of the whole."""
    whole = statistics.median(alert.seconds for alert in alerts)
    stored = [max(alert.times["read"] - (alert.report.published_at_ms or 0) / 1000, 0.0) for alert in alerts]
    wall = {
        "count": busy["plan"],
        "fetch and scan": _median(alerts, "planned", "scanned"),
        "conclude": busy["conclude"],
        "store": statistics.median(stored),
    }
    wall["kafka"] = max(whole - sum(wall.values()), 0.0)
    return [{"part": part, "s": seconds, "share": seconds / whole} for part, seconds in wall.items()]


def _busy(busy: Mapping[str, float], parts: Parts) -> list[dict[str, Any]]:
    """What the workers were busy with at an alert, beside the same in this process."""
    classify = busy["conclude"] * parts.classify_s / parts.conclude_s
    seconds = {"count": busy["plan"], **{name: busy[name] for name in ("fetch", "scan", "conclude")}}
    return [
        {"stage": stage, "busy_s": s, "here_s": getattr(parts, f"{stage}_s")}
        for stage, s in (seconds | {"classify": classify}).items()
    ]


def _row(report: Report) -> dict[str, Any]:
    return {
        "series": report.counts.selected,
        "flagged": report.counts.flagged,
        "findings": len(report.findings),
        "first": report.entities[0].entity,
    }


def _median(alerts: list[Answered], since: str, until: str) -> float:
    return statistics.median(alert.times[until] - alert.times[since] for alert in alerts)


async def _alone(server: Filled) -> tuple[float, Parts]:
    """Median seconds of fetching every shard once, and what an analysis takes here; a round warms up."""
    settings, analysis = SourceSettings(url=server.url), AnalysisSettings()
    source, request = PrometheusSource(settings), _request(server)
    shards = plan_shards(request, await source.count(TENANT, request.matchers, request.window), analysis)
    seconds = []
    for _ in range(1 + FETCH_ROUNDS):
        began = time.perf_counter()
        came = sum(map(len, await fetched(source, shards, settings.concurrency)))
        seconds.append(time.perf_counter() - began)
        progress(f"{came} series fetched alone in {seconds[-1]:.2f} s")
    await parts_of(source, request, analysis, settings.concurrency)
    parts = await parts_of(source, request, analysis, settings.concurrency)
    await source.close()
    return statistics.median(seconds[1:]), parts


def _request(server: Filled) -> AnalysisRequest:
    """What the worker makes of the alert."""
    now_ms = int(time.time() * 1000)
    alerts, _ = alerts_of(read_webhook(json.dumps(webhook_of(server, 0)).encode()), TENANT, now_ms)
    return request_for_alert(alerts[0], TenantSettings(id=TENANT), AnalysisSettings(), now_ms)


if __name__ == "__main__":
    main()
