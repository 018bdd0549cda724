"""`patternwatch up`: everything over a real Prometheus, started, stopped and started again."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from patternwatch.cli.times import timestamp
from patternwatch.kafka.dev.commands import DevKafka
from tests.cli.test_commands import patternwatch
from tests.fakes.http import Exporter
from tests.support import free_port, require_program, scraping_prometheus, wait_until

START_S = 240
CONFIG = """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: shop
    static_configs: [{targets: [TARGET], labels: {cluster: shop}}]
"""


def page(_scrape: int) -> str:
    return "".join(f'queue_length{{service="s{n}"}} {time.time_ns() % 1000}\n' for n in range(5))


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "prometheus"
    folder.mkdir()
    with scraping_prometheus(Exporter(page), folder, CONFIG) as url:
        wait_until("a scrape", lambda: _series(url))
        yield url


def _series(url: str) -> object:
    try:
        answer = httpx.get(f"{url}/api/v1/query", params={"query": "queue_length"}, timeout=60)
    except httpx.TransportError:
        return None
    return answer.status_code == 200 and answer.json()["data"]["result"]


@contextmanager
def up(source: str, folder: Path, output: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A running `patternwatch up`, with the webhook's address that it prints."""
    command = [sys.executable, "-m", "patternwatch.cli", "up", "--source", source, "--folder", str(folder)]
    settings = {"PATTERNWATCH_ANALYSIS__STEP_MS": "1000", "PATTERNWATCH_BENCH_DATA": "stray"}
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "--port", "0"] if not folder.exists() else command,
            stdout=sink,
            stderr=sink,
            env=os.environ | settings,
        )
        try:
            yield process, wait_until("the webhook's address", lambda: _webhook(process, output), START_S)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(60)


def _webhook(process: subprocess.Popen[bytes], output: Path) -> str | None:
    assert process.poll() is None, output.read_text()
    found = re.search(r"- url: (http\S+)", output.read_text())
    return found[1] if found and "serving until" in output.read_text() else None


def send_alert(webhook: str, fingerprint: str = "0123456789abcdef") -> str:
    """Post what Alertmanager posts; the address of the report."""
    labels = {"alertname": "Slow", "cluster": "shop"}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {},
        "startsAt": timestamp(time.time_ns() // 1_000_000 - 5000),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": fingerprint,
    }
    group = {"groupLabels": {}, "commonLabels": labels, "commonAnnotations": {}, "externalURL": ""}
    body = {"version": "4", "groupKey": "g", "truncatedAlerts": 0, "status": "firing", "receiver": "p"}
    answer = httpx.post(webhook, json=body | group | {"alerts": [alert]}, timeout=60)
    answer.raise_for_status()
    return f"{webhook.split('/webhooks/', maxsplit=1)[0]}/reports/{answer.json()['alerts'][0]['request_id']}"


def report(url: str) -> dict[str, Any] | None:
    answer = httpx.get(url, timeout=60)
    found: dict[str, Any] = answer.json()
    return found if answer.status_code == 200 else None


def left_of(folder: Path) -> str:
    """The processes that name the folder in their command line or use it as their temporary folder."""
    return subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, text=True, check=False).stdout


def worker_of(process: subprocess.Popen[bytes]) -> int:
    """The process id of its worker, 0 while there is none."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    workers = [pid for pid in children if b"\0worker\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return int(workers[0]) if workers else 0


def broker_of(folder: Path) -> int:
    """The process id of its broker, 0 while there is none."""
    state = DevKafka(folder / "kafka").running()
    return state.pid if state else 0


def test_reports_outlive_a_restart_and_what_dies_is_started_again(prometheus: str, tmp_path: Path) -> None:
    require_program("java")
    require_program("mvn")
    folder, output = tmp_path / "kept", tmp_path / "output.txt"
    with up(prometheus, folder, output) as (process, webhook):
        address = send_alert(webhook)
        first = wait_until("the report", lambda: report(address), 60)
        assert first["title"] == "Slow"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)  # an impatient second Ctrl-C
        assert process.wait(60) == 0
    assert "nothing is left running" in output.read_text()
    assert not left_of(folder)

    with up(prometheus, folder, output) as (process, webhook):
        assert webhook.split("/t")[0] in address, "the ports stay the same"
        again = wait_until("the earlier report", lambda: report(address))
        assert (again["report_id"], again["title"]) == (first["report_id"], first["title"])
        assert again["revision"] >= first["revision"], "it may have grown until the stop"
        taken = patternwatch("up", "--source", prometheus, "--folder", str(folder))
        assert (taken.exit_code, "Another patternwatch runs in" in taken.stderr) == (2, True)
        killed, broker = worker_of(process), broker_of(folder)
        os.kill(killed, signal.SIGKILL)
        os.kill(broker, signal.SIGKILL)
        wait_until("another broker", lambda: broker_of(folder) not in (0, broker) or None, START_S)
        wait_until("another worker", lambda: worker_of(process) not in (0, killed) or None, START_S)
        address = send_alert(webhook, fingerprint="fedcba9876543210")
        wait_until("a report by the new ones", lambda: report(address), START_S)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    said = output.read_text()
    assert "process.ended" in said
    assert "kafka.ended" in said
    assert not left_of(folder)


class _Closed(BaseHTTPRequestHandler):
    """A source that lets nobody in, or, with a tenant that it does not know, has no series."""

    status = 401

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def _answer(self) -> None:
        body = b'{"status": "success", "data": {"resultType": "vector", "result": []}}'
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


class _Empty(_Closed):
    status = 200


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), request.param)
    Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()


@pytest.mark.parametrize(
    ("server", "said"),
    [(_Closed, "401"), (_Empty, "selects nothing in the last")],
    indirect=["server"],
)
def test_a_source_that_cannot_be_used_is_an_error_before_anything_starts(
    server: str, said: str, tmp_path: Path
) -> None:
    done = patternwatch("up", "--source", server, "--folder", str(tmp_path / "kept"))
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr
    assert "what to do:" in done.stderr
    assert not (tmp_path / "kept").exists(), "nothing was started"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--source", "http://127.0.0.1:PORT"], "cannot be reached"),
        (["--source", "prometheus:9090"], "no source of series"),
        (["--source", "http://127.0.0.1:PORT", "--tenant", "a/b"], "Cannot look at tenant 'a/b'"),
        (["--source", "http://127.0.0.1:PORT", "--selector", "{"], "Cannot look at tenant 'default'"),
    ],
)
def test_a_mistake_in_the_options_is_named(options: list[str], said: str, tmp_path: Path) -> None:
    given = [option.replace("PORT", str(free_port())) for option in options]
    done = patternwatch("up", *given, "--folder", str(tmp_path / "kept"))
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "kept").exists()
