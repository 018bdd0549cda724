"""Does a storm of alerts lead to few reports, and leave people and readers alone?

    python -m benchmarks.storm [--alerts 5000] [--seconds 10] [--series 2000] [--json]

A Kafka, a worker and the API are started as `patternwatch demo` starts them, over a Prometheus. Alerts of 50
clusters of 5 tenants are posted within some seconds, ten in a webhook, each with a fingerprint of its own;
all of a cluster begin within a minute. Meanwhile a person asks for one analysis after the other, with a pause
between, and a reader for lists. Then every alert must lead to a report.

unreported         alerts that lead to no report in the end
reports            reports of alerts
person_s           median of a person's analyses during the storm, until the report can be read
person_over_quiet  that, over the median before the storm
read_p99_ms        99th percentile of a read of the lists of alerts and reports during the storm
drained_s          from the last alert posted until the last one leads to a report
"""

import argparse
import json
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np

from benchmarks.filled_prometheus import Filled, filled
from benchmarks.output import Result, progress, run
from benchmarks.posted_alerts import ALERTS_OF_ANY_AGE, STEP_MS
from benchmarks.process_memory import status_bytes
from patternwatch.cli.local_stack import LocalStack, local_stack
from patternwatch.cli.times import timestamp
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS

TENANTS, CLUSTERS, IN_A_WEBHOOK = 5, 50, 10
QUIET_RUNS = 5
DRAIN_S = 300.0


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--alerts", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=10.0, help="in which they are posted")
    parser.add_argument("--series", type=int, default=2000, help="of each analysis")
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    tenants = json.dumps([{"id": _tenant(n)} for n in range(TENANTS)])
    with filled(arguments.series, WINDOW_ROWS, STEP_MS, changed_from=BASELINE_ROWS) as server:
        settings = {"SOURCE__URL": server.url, "TENANTS": tenants, **ALERTS_OF_ANY_AGE}
        with local_stack(settings, _tenant(0), port=0) as running:
            running.wait_until_ready()
            return _storm(running, server, arguments)


def _storm(running: LocalStack, server: Filled, arguments: argparse.Namespace) -> Result:
    person = _Person(running.url, server)
    quiet = statistics.median(person.analysis() for _ in range(QUIET_RUNS))
    reader, waited = _Reader(running.url), list[float]()
    with _Beside(reader.read), _Beside(lambda: waited.append(person.analysis())):
        _post(running.url, server, arguments.alerts, arguments.seconds)
        posted = time.monotonic()
        unreported, reports = _drained(running, posted)
        drained_s = time.monotonic() - posted
    during = statistics.median(waited)
    return {
        "figures": {
            "unreported": unreported,
            "reports": reports,
            "person_s": during,
            "person_over_quiet": during / quiet,
            "read_p99_ms": float(np.percentile(reader.seconds, 99)) * 1000,
            "drained_s": drained_s,
        },
        "results": [
            {"process": name, "MB at most": round(status_bytes(pid, "VmHWM") / 1e6)}
            for name, pid in running.children.pids.items()
        ],
        "settings": {
            "alerts": arguments.alerts,
            "seconds": arguments.seconds,
            "series": arguments.series,
            "analyses by a person": len(waited),
            "reads": len(reader.seconds),
        },
    }


def _tenant(number: int) -> str:
    return f"tenant-{number}"


class _Person:
    """Who asks for an analysis of the first tenant, and waits for its report."""

    def __init__(self, url: str, server: Filled) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1/tenants/{_tenant(0)}", timeout=120)
        self._at = timestamp(server.start_ms + BASELINE_ROWS * STEP_MS)
        self._number = 0

    def analysis(self) -> float:
        """How long it took, in seconds; a pause follows."""
        self._number += 1
        order = {"selector": '{job=~".+"}', "at": self._at, "title": f"by hand {self._number}"}
        began = time.perf_counter()
        started = self._client.post("/analyses", json=order).raise_for_status().json()["request_id"]
        with self._client.stream("GET", f"/analyses/{started}/events") as stream:
            for _ in stream.iter_lines():
                pass
        self._client.get(f"/reports/{started}").raise_for_status()
        took = time.perf_counter() - began
        time.sleep(0.5)
        return took


class _Reader:
    """Who reads the lists of all tenants, one after the other."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1/tenants", timeout=120)
        self.seconds: list[float] = []

    def read(self) -> None:
        """Read one list; a pause follows."""
        number = len(self.seconds)
        began = time.perf_counter()
        self._client.get(
            f"/{_tenant(number % TENANTS)}/{('alerts', 'reports')[number % 2]}"
        ).raise_for_status()
        self.seconds.append(time.perf_counter() - began)
        time.sleep(0.1)


class _Beside:
    """Does this again and again in a thread of its own while it is open."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._ends.is_set():
            self._work()


def _post(url: str, server: Filled, alerts: int, seconds: float) -> None:
    """Post the alerts at an even pace, whatever the answers take."""
    began, groups = time.monotonic(), alerts // IN_A_WEBHOOK
    with httpx.Client(base_url=f"{url}/api/v1/tenants", timeout=120) as client:
        for number in range(groups):
            time.sleep(max(0.0, began + seconds * number / groups - time.monotonic()))
            cluster = number % CLUSTERS
            path = f"/{_tenant(cluster % TENANTS)}/webhooks/alertmanager"
            client.post(path, json=_webhook(server, cluster, number)).raise_for_status()
    progress(f"{groups * IN_A_WEBHOOK} alerts posted in {time.monotonic() - began:.1f} s")


def _webhook(server: Filled, cluster: int, number: int) -> dict[str, Any]:
    at_ms = server.start_ms + BASELINE_ROWS * STEP_MS
    alerts = [
        {
            "status": "firing",
            "labels": {
                "alertname": f"Alert{n}",
                "cluster": f"cluster-{cluster}",
                "severity": "page",
                "instance": f"{number}",
            },
            "annotations": {"summary": "Slow answers or errors"},
            "startsAt": timestamp(at_ms + (number * IN_A_WEBHOOK + n) % 60 * 1000),
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "",
        }
        for n in range(IN_A_WEBHOOK)
    ]
    return {"version": "4", "groupKey": f"{{}}:{{number={number}}}", "status": "firing", "alerts": alerts}


def _drained(running: LocalStack, posted: float) -> tuple[int, int]:
    """Alerts without a report, once there is none or it takes too long, and reports."""
    with httpx.Client(base_url=f"{running.url}/api/v1/tenants", timeout=120) as client:
        missing = {_tenant(n): 1 for n in range(TENANTS)}
        while True:
            running.check()
            for tenant in [tenant for tenant, left in missing.items() if left]:
                missing[tenant] = _unreported(client, tenant)
            left = sum(missing.values())
            if not left or time.monotonic() - posted > DRAIN_S:
                break
            progress(f"{left} alerts without a report")
            time.sleep(1.0)
        return left, sum(_reports(client, tenant) for tenant in missing)


def _unreported(client: httpx.Client, tenant: str) -> int:
    return sum(alert["report_id"] is None for alert in _all(client, tenant, "alerts"))


def _reports(client: httpx.Client, tenant: str) -> int:
    return sum(report["trigger"] == "alert" for report in _all(client, tenant, "reports"))


def _all(client: httpx.Client, tenant: str, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": 200}
    while True:
        page = client.get(f"/{tenant}/{what}", params=params).raise_for_status().json()
        found += page[what]
        if page["next"] is None:
            return found
        params["before"] = page["next"]


if __name__ == "__main__":
    main()
