"""How long from a posted alert until its report is read, where the cluster is watched: no source is asked.

The samples go on while it runs, since a watch follows the clock; the next half hour of them is in the server
already, and asked for by nobody.
"""

import random
import time
from collections.abc import Iterable

import httpx
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.filled_prometheus import filled
from benchmarks.output import progress
from benchmarks.posted_alerts import ALERTS_OF_ANY_AGE, NO_JOINING, STEP_MS, TENANT, Answered, answered, check
from benchmarks.posted_alerts import webhook_of as body_of
from patternwatch.cli.local_stack import local_stack
from patternwatch.contracts.series import WINDOW_ROWS

AHEAD_ROWS = 60
"""Rows that lie in the future when it begins: half an hour for the start, the tail and all alerts."""
BEHIND_ROWS = WINDOW_ROWS + 60
CHANGED_ROWS = 32
"""Rows since the change when it begins: the look at half of the current part has been, the last is far."""
WATCHES = (
    f'[{{"name":"bench","tenant":"{TENANT}","selector":"{{cluster=\\"bench\\"}}",'
    '"interval_s":5,"history_days":0}]'
)
COUNTER = "patternwatch_shards_of_watches"
MAX_WAIT_S = 600.0
LONGEST_PAUSE_S = 1.0


def watched_alerts(series: int, requests: int, workers: int) -> list[Answered]:
    """So many alerts once the watch looks back as far as an analysis; exits where the source was asked."""
    now_ms = int(time.time() * 1000)
    start_ms = now_ms - now_ms % STEP_MS - BEHIND_ROWS * STEP_MS
    points, changed_from = BEHIND_ROWS + AHEAD_ROWS, BEHIND_ROWS - CHANGED_ROWS
    rng = random.Random(8)
    with filled(series, points, STEP_MS, changed_from, start_ms) as server:
        settings = {"SOURCE__URL": server.url, **ALERTS_OF_ANY_AGE, **NO_JOINING, "WATCHES": WATCHES}
        with (
            local_stack(settings, TENANT, port=0, workers=workers) as running,
            httpx.Client(base_url=f"{running.url}/api/v1/tenants/{TENANT}", timeout=30) as client,
        ):
            running.wait_until_ready()
            until, number = time.monotonic() + MAX_WAIT_S, 0
            while not shards_of_watches(running.worker_metrics):
                if time.monotonic() > until:
                    raise SystemExit(f"the watch served no analysis in {MAX_WAIT_S:g} s")
                time.sleep(10)
                answered(client, running, body_of(server, number))
                number += 1
            alerts = list[Answered]()
            for each in range(number, number + requests):
                time.sleep(rng.uniform(0.0, LONGEST_PAUSE_S))
                before = shards_of_watches(running.worker_metrics)
                alerts.append(answered(client, running, body_of(server, each)))
                check(alerts[-1].report, series)
                if shards_of_watches(running.worker_metrics) == before:
                    raise SystemExit("an alert was answered by the source")
                progress(f"watched alert {each}: {alerts[-1].seconds:.2f} s")
    return alerts


def shards_of_watches(workers: Iterable[str]) -> float:
    """How many shards were read from what watches hold, by all workers."""
    families = (
        family
        for url in workers
        for family in text_string_to_metric_families(httpx.get(url, timeout=10).text)
        if family.name == COUNTER
    )
    return sum(s.value for family in families for s in family.samples if s.name.endswith("_total"))
