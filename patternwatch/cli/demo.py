"""`patternwatch demo`: a recorded incident, replayed as if it were happening now, over the whole way."""

import json
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from patternwatch.cli.children import Children
from patternwatch.cli.table import print_report
from patternwatch.cli.times import timestamp
from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import BundleError, PatternwatchError
from patternwatch.contracts.ids import alert_fingerprint
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import CURRENT_ROWS
from patternwatch.cortex.bundle import Incident, read_bundle
from patternwatch.streams.kafka_dev import DevKafka

INCIDENTS = Path(__file__).resolve().parents[2] / "examples" / "incidents"
TENANT = "demo"
_TOP = 3
_DEADLINE_S = 90.0


@dataclass(frozen=True, slots=True)
class Replay:
    """A recording, moved so that its trouble began 60 steps ago."""

    path: Path
    incident: Incident
    cluster: str
    end_ms: int
    at_ms: int

    @classmethod
    def of(cls, path: Path, now_ms: int) -> "Replay":
        """Read the recording; raises BundleError where it ends less than 60 steps after its alert."""
        incident, series = read_bundle(path)
        after_ms = incident.end_ms - incident.at_ms
        ago_ms = CURRENT_ROWS * incident.step_ms
        if after_ms < ago_ms:
            raise BundleError(
                f"{path} ends {after_ms // incident.step_ms} points after its alert",
                f"Replay a recording with at least {CURRENT_ROWS} points from its alert on",
            )
        at_ms = now_ms - ago_ms
        at_ms -= at_ms % incident.step_ms
        clusters = Counter(labels.get("cluster", "") for labels in series.labels)
        return cls(path, incident, clusters.most_common(1)[0][0], at_ms + after_ms, at_ms)

    def webhook(self) -> dict[str, Any]:
        """The body that Alertmanager would post: symptoms only, no word of the cause."""
        labels = {"alertname": "ShopSlowOrFailing", "severity": "page"}
        if self.cluster:
            labels["cluster"] = self.cluster
        annotations = {"summary": "The shop answers slowly or with errors"}
        alert = {
            "status": "firing",
            "labels": labels,
            "annotations": annotations,
            "startsAt": timestamp(self.at_ms),
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "",
            "fingerprint": alert_fingerprint(labels),
        }
        return {
            "version": "4",
            "groupKey": '{}:{alertname="ShopSlowOrFailing"}',
            "truncatedAlerts": 0,
            "status": "firing",
            "receiver": "patternwatch",
            "groupLabels": {"alertname": labels["alertname"]},
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": "",
            "alerts": [alert],
        }


def command(
    incident: Annotated[
        Path | None, typer.Option(help="The recording to replay; by default one of examples/incidents.")
    ] = None,
    check: Annotated[
        bool, typer.Option(help="Assert that the true cause is in the top 3, and exit.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the page; any free one where it is taken.")] = 8080,
    workers: Annotated[int, typer.Option(help="How many worker processes.", min=1, max=8)] = 1,
) -> None:
    """Start Kafka, workers and the API, send an alert, show the report, and serve it until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="patternwatch-demo-"))
    try:
        with DevKafka(folder / "kafka") as kafka, Children(folder) as children:
            _run(
                console,
                children,
                kafka.bootstrap,
                incident or _default_incident(),
                folder,
                port,
                workers,
                check,
            )
    except KeyboardInterrupt:
        console.print("stopped; nothing is left running")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(
    console: Console,
    children: Children,
    bootstrap: str,
    path: Path,
    folder: Path,
    port: int,
    workers: int,
    check: bool,
) -> None:
    replay = Replay.of(path.resolve(), int(time.time() * 1000))
    url = f"http://127.0.0.1:{_free_port(port)}"
    settings = _settings(replay, bootstrap, folder, url)
    children.start("api", "api", settings)
    for n in range(workers):
        children.start(f"worker{n}", "worker", settings)
    console.print(f"Kafka at {bootstrap}; replaying [bold]{replay.path.name}[/] as if it were happening now")
    with httpx.Client(base_url=f"{url}/api/v1/tenants/{TENANT}", timeout=10) as client:
        _await(children, "the API", lambda: _get(client, f"{url}/health/ready"))
        sent = time.monotonic()
        answer = client.post("/webhooks/alertmanager", json=replay.webhook())
        answer.raise_for_status()
        request_id = answer.json()["alerts"][0]["request_id"]
        response = _await(children, "the report", lambda: _get(client, f"/reports/{request_id}"))
    report = decode(response.content, Report)
    print_report(console, report, top=10)
    console.print(f"alert to report: {time.monotonic() - sent:.1f} s")
    if check:
        _check(console, replay, report)
        return
    console.print(f"\n  The report's page: [bold blue]{url}/t/{TENANT}/reports/{report.report_id}[/]\n")
    console.print("serving until Ctrl-C")
    while True:
        children.check()
        threading.Event().wait(1)


def _settings(replay: Replay, bootstrap: str, folder: Path, url: str) -> dict[str, str]:
    values = {
        "KAFKA__BOOTSTRAP": bootstrap,
        "KAFKA__PARTITIONS": "4",
        "SOURCE__URL": f"bundle://{replay.path}",
        "SOURCE__REPLAY_END_MS": str(replay.end_ms),
        "ANALYSIS__STEP_MS": str(replay.incident.step_ms),
        "TENANTS": json.dumps([{"id": TENANT}]),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'patternwatch.db'}",
        "METRICS_PORT": "0",
        "PORT": url.rpartition(":")[2],
    }
    return {f"PATTERNWATCH_{name}": value for name, value in values.items()}


def _check(console: Console, replay: Replay, report: Report) -> None:
    truth = replay.incident.truth.services if replay.incident.truth else []
    top = [e.entity for e in report.entities[:_TOP]]
    if not set(truth) & set(top):
        raise PatternwatchError(f"The true cause {truth} is not in the top {_TOP}: {top}")
    console.print(f"[green]check passed[/]: {', '.join(truth)} is in the top {_TOP}: {', '.join(top)}")


def _await(children: Children, what: str, probe: Any) -> httpx.Response:
    deadline = time.monotonic() + _DEADLINE_S
    while time.monotonic() < deadline:
        children.check()
        response: httpx.Response | None = probe()
        if response is not None:
            return response
        time.sleep(0.05)
    raise PatternwatchError(
        f"Waited {_DEADLINE_S:.0f} s in vain for {what}", "See the logs in the work folder"
    )


def _get(client: httpx.Client, path: str) -> httpx.Response | None:
    try:
        response = client.get(path)
    except httpx.TransportError:
        return None
    return response if response.status_code == httpx.codes.OK else None


def _default_incident() -> Path:
    found = sorted(INCIDENTS.glob("*.parquet"))
    if not found:
        raise BundleError(f"There is no recording in {INCIDENTS}", "Give one by --incident")
    return found[0]


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(s.getsockname()[1])
    raise PatternwatchError("No free port on 127.0.0.1")
