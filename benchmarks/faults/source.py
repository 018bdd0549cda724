"""A fake Prometheus with a fault of known truth for each request, that fails when it is told to.

It says that it is a fake in its `Server` header. A selector `{cluster="k3-000123"}` names case 3 and an
attempt; every case holds other series, and in each of them another service breaks when the current part of
the window begins. There is no remote read: a range selector is answered, from bytes made once for each case.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS

STEP_MS = 30_000
START_MS = 1_795_392_000_000
AT_MS = START_MS + BASELINE_ROWS * STEP_MS
END_MS = START_MS + WINDOW_ROWS * STEP_MS
CASES = 6
_METRICS = ("request_latency_seconds", "request_errors", "cpu_usage")
_CLUSTER = re.compile(r'cluster="(k(\d)-\d{6})"')
_COUNT_BY = re.compile(r"count by \((\w+)\)")
_SLOW_S = 8.0


def cluster_of(case: int, attempt: str) -> str:
    """The cluster that an attempt asks for."""
    return f"k{case}-{attempt}"


def broken_service(case: int) -> str:
    """The service that breaks in a case: what its report must name first."""
    return f"shop-{case % (case + 3)}"


@lru_cache
def labels_of(case: int) -> tuple[dict[str, str], ...]:
    """The series of a case: three metrics of `case + 3` services."""
    return tuple(
        {"__name__": metric, "cluster": "CLUSTER", "service": f"shop-{service}"}
        for metric in _METRICS
        for service in range(case + 3)
    )


@lru_cache
def _series(case: int) -> tuple[bytes, ...]:
    """Each series of a case with its samples, as JSON."""
    times = [(START_MS + row * STEP_MS) / 1000 for row in range(-2, WINDOW_ROWS + 1)]
    found = []
    for number, labels in enumerate(labels_of(case)):
        values = np.random.default_rng([case, number]).normal(10.0, 1.0, len(times))
        if labels["service"] == broken_service(case):
            values[BASELINE_ROWS + 2 :] += 30.0
        points = [[t, f"{v:.3f}"] for t, v in zip(times, values.tolist(), strict=True)]
        found.append(json.dumps({"metric": labels, "values": points}).encode())
    return tuple(found)


def _ok(data: Any) -> bytes:
    return json.dumps({"status": "success", "data": data}).encode()


def answer(path: str, fields: dict[str, str]) -> tuple[int, bytes]:
    """Status and body for a path behind /api/v1/ and its parameters."""
    asked = fields.get("query") or fields.get("match[]", "")
    named = _CLUSTER.search(asked)
    if path == "metadata":
        return 200, _ok({name: [{"type": "gauge", "help": "", "unit": ""}] for name in _METRICS})
    if named is None or (path not in ("query", "labels") and not path.startswith("label/")):
        return 404, b"a fake source: nothing here"
    case = int(named[2])
    series = [own for own in labels_of(case) if _selects(asked, own)]
    if path == "labels":
        body = _ok(sorted({label for own in series for label in own}))
    elif path.startswith("label/"):
        label = path.split("/")[1]
        body = _ok(sorted({own[label] for own in series if label in own}))
    elif by := _COUNT_BY.search(asked):
        counts: dict[str, int] = {}
        for own in series:
            counts[own.get(by[1], "")] = counts.get(own.get(by[1], ""), 0) + 1
        found = [{"metric": {by[1]: v}, "value": [END_MS / 1000, str(n)]} for v, n in counts.items()]
        body = _ok({"resultType": "vector", "result": found})
    else:
        whole = zip(labels_of(case), _series(case), strict=True)
        found_bytes = b",".join(samples for own, samples in whole if _selects(asked, own))
        body = b'{"status":"success","data":{"resultType":"matrix","result":[' + found_bytes + b"]}}"
    return 200, body.replace(b"CLUSTER", named[1].encode())


def _selects(asked: str, own: dict[str, str]) -> bool:
    """Whether a selector's condition on the name, if it has one, holds for this series."""
    name = re.search(r'__name__=(~?)"([^"]*)"', asked)
    if name is None:
        return True
    return bool(re.fullmatch(name[2], own["__name__"])) if name[1] else name[2] == own["__name__"]


@dataclass
class FakeSource:
    """How the source answers now: `mode` is "", "503", "429" or "slow"."""

    url: str
    mode: str = ""
    asked: int = 0
    refused: int = 0
    """Requests that were answered wrongly, or late."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "patternwatch-fake-source", ""
    source: FakeSource

    def do_GET(self) -> None:
        self._handle(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace"))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _handle(self, form: str) -> None:
        source, mode = self.source, self.source.mode
        source.asked += 1
        source.refused += bool(mode)
        fields = {name: values[0] for name, values in parse_qs(form).items()}
        status, body = answer(urlsplit(self.path).path.removeprefix("/api/v1/"), fields)
        if mode == "slow":
            time.sleep(_SLOW_S)
        elif mode:
            status, body = int(mode), b"a fake source: it was told to fail"
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client has gone


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no error here."""


@contextmanager
def fake_source() -> Iterator[FakeSource]:
    """A running one, on a free port of 127.0.0.1."""
    source = FakeSource("")
    handler = type("Bound", (_Handler,), {"source": source})
    server = _Server(("127.0.0.1", 0), handler)
    source.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
