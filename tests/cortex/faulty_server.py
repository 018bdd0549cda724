"""A small server with the Prometheus HTTP API over series in memory, that fails as it is told to.

A real HTTP server on a thread, since what breaks in production breaks below HTTP: connections that are cut
in the middle of a body, bodies that never end, bodies that are not what their header says.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from patternwatch.contracts.matchers import Matchers, parse_selector

_COUNT = re.compile(r"count by \((\w+)\) \(last_over_time\((\{.*\})\[(\d+)ms\]\)\)", re.DOTALL)
_INSTANT = re.compile(r"count by \((\w+)\) \((\{.*\})\)", re.DOTALL)
_VALUES = re.compile(r"label/(\w+)/values")
LOOKBACK_MS = 300_000
_LAST = re.compile(r"last_over_time\((\{.*\})\[(\d+)ms\]\)", re.DOTALL)
_RANGE = re.compile(r"(\{.*\})\[(\d+)ms\]", re.DOTALL)


@dataclass
class Fault:
    """One way to answer wrongly."""

    act: Callable[["Handler", bytes], None]
    path: str = ""
    """Only requests to this path; any where it is empty."""


@dataclass
class Series:
    labels: dict[str, str]
    samples: dict[int, float]
    """Value by time in ms."""


@dataclass
class State:
    """What the server has, how it fails next, and what it was asked."""

    series: list[Series] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    """Done one by one, by the next requests; then it answers well again."""
    refuse: Callable[[str, int], tuple[int, str] | None] = lambda query, series: None
    """A standing limit: status and body for a query of raw samples of so many series."""
    refuse_points: Callable[[str, int], tuple[int, str] | None] = lambda query, series: None
    """The same of query_range."""
    refuse_count: Callable[[str, int], tuple[int, str] | None] = lambda query, series: None
    """The same for a query that counts so many series."""
    beside: Callable[[str], tuple[dict[str, Any], dict[str, str]]] = lambda path: ({}, {})
    """Fields beside the data of a good answer to this path, and headers of it."""
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    """Path, parameters and headers of every request."""
    released: threading.Event = field(default_factory=threading.Event)

    def queries(self, path: str = "query") -> list[str]:
        return [form.get("query", "") for asked, form, _ in self.asked if asked == path]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: State

    def do_GET(self) -> None:
        self._handle(urlsplit(self.path).query)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self._handle(self.rfile.read(length).decode(errors="replace"))

    def log_message(self, *_args: object) -> None:
        pass

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _handle(self, form: str) -> None:
        path = urlsplit(self.path).path.removeprefix("/api/v1/")
        fields = {name: values[0] for name, values in parse_qs(form).items()}
        self.state.asked.append((path, fields, dict(self.headers)))
        status, body = self._answer(path, fields)
        beside, headers = self.state.beside(path)
        if status == 200 and beside:
            body = json.dumps({**json.loads(body), **beside}).encode()
        try:
            for n, fault in enumerate(self.state.faults):
                if not fault.path or fault.path == path:
                    del self.state.faults[n]
                    fault.act(self, body)
                    return
            self.send(status, body, headers)
        except OSError:
            self.close_connection = True  # the client has gone, as it should

    def _answer(self, path: str, fields: dict[str, str]) -> tuple[int, bytes]:
        if path == "metadata":
            return 200, _ok(self.state.metadata)
        if path == "labels":
            found = self._within(parse_selector(fields["match[]"]), *_times(fields))
            return 200, _ok(sorted({label for s in found for label in s.labels}))
        if values := _VALUES.fullmatch(path):
            selected = parse_selector(fields["match[]"]) if "match[]" in fields else ()
            found = self._within(selected, *_times(fields))
            return 200, _ok(sorted({s.labels[values[1]] for s in found if values[1] in s.labels}))
        if path == "query":
            return self._query(fields["query"], round(float(fields.get("time", "0")) * 1000))
        if path == "query_range":
            return self._query_range(fields)
        return 404, b"404 page not found"

    def _query(self, query: str, at_ms: int) -> tuple[int, bytes]:
        counting, instant = _COUNT.fullmatch(query), _INSTANT.fullmatch(query)
        if counted := counting or instant:
            length_ms = int(counting[3]) if counting else LOOKBACK_MS
            found = self._within(parse_selector(counted[2]), at_ms - length_ms, at_ms)
            if refused := self.state.refuse_count(query, len(found)):
                return refused[0], refused[1].encode()
            label = counted[1]
            counts = Counter(s.labels.get(label, "") for s in found)
            result = [
                {"metric": {label: value} if value else {}, "value": [at_ms / 1000, str(n)]}
                for value, n in counts.items()
            ]
            return 200, _ok({"resultType": "vector", "result": result})
        if query == "vector(1)":
            return 200, _ok(
                {"resultType": "vector", "result": [{"metric": {}, "value": [at_ms / 1000, "1"]}]}
            )
        if query.endswith("}"):
            present = self._within(parse_selector(query), at_ms - LOOKBACK_MS, at_ms)
            result = [{"metric": s.labels, "value": [at_ms / 1000, "1"]} for s in present]
            return 200, _ok({"resultType": "vector", "result": result})
        raw = _RANGE.fullmatch(query)
        assert raw, query
        found = self._matching(parse_selector(raw[1]))
        if refused := self.state.refuse(query, len(found)):
            return refused[0], refused[1].encode()
        span = range(at_ms - int(raw[2]) + 1, at_ms + 1)
        return 200, _matrix([(s.labels, {t: v for t, v in s.samples.items() if t in span}) for s in found])

    def _query_range(self, fields: dict[str, str]) -> tuple[int, bytes]:
        last = _LAST.fullmatch(fields["query"])
        assert last, fields
        start, end, step = (round(float(fields[name]) * 1000) for name in ("start", "end", "step"))
        selected, found = self._matching(parse_selector(last[1])), []
        if refused := self.state.refuse_points(fields["query"], len(selected)):
            return refused[0], refused[1].encode()
        for s in selected:
            points = {}
            for t in range(start, end + 1, step):
                if inside := [u for u in s.samples if t - int(last[2]) <= u <= t]:
                    points[t] = s.samples[max(inside)]
            found.append((s.labels, points))
        return 200, _matrix(found)

    def _within(self, matchers: Matchers, start_ms: int, end_ms: int) -> list[Series]:
        """Those that have a sample of `start_ms < t <= end_ms`."""
        found = self._matching(matchers)
        return [s for s in found if any(start_ms < t <= end_ms for t in s.samples)]

    def _matching(self, matchers: Matchers) -> list[Series]:
        return [s for s in self.state.series if all(m.matches(s.labels) for m in matchers)]


def _times(fields: dict[str, str]) -> tuple[int, int]:
    start, end = (round(float(fields[name]) * 1000) for name in ("start", "end"))
    return start - 1, end


def _ok(data: Any) -> bytes:
    return json.dumps({"status": "success", "data": data}).encode()


def _matrix(found: list[tuple[dict[str, str], dict[int, float]]]) -> bytes:
    result = [
        {"metric": labels, "values": [[t / 1000, repr(v)] for t, v in sorted(samples.items())]}
        for labels, samples in found
        if samples
    ]
    return _ok({"resultType": "matrix", "result": result})


def status(code: int, body: str = "", path: str = "", **headers: str) -> Fault:
    """Answer with this status; header names have underscores for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(lambda handler, _: handler.send(code, body.encode(), named), path)


def body(wrong: bytes, path: str = "", **headers: str) -> Fault:
    """Answer 200 with this body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(lambda handler, _: handler.send(200, wrong, named), path)


def partition(path: str = "") -> Fault:
    """Promise the whole body, send half of it, and cut the connection."""

    def act(handler: Handler, right: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(right)))
        handler.end_headers()
        handler.wfile.write(right[: len(right) // 2])
        handler.wfile.flush()
        handler.close_connection = True

    return Fault(act, path)


def hang_up(path: str = "") -> Fault:
    """Cut the connection without a word."""

    def act(handler: Handler, _: bytes) -> None:
        handler.close_connection = True

    return Fault(act, path)


def truncate(path: str = "") -> Fault:
    """Send half of the body as if it were all."""
    return Fault(lambda handler, right: handler.send(200, right[: len(right) // 2]), path)


def hang(path: str = "") -> Fault:
    """Say nothing until the test lets go."""
    return Fault(lambda handler, _: _until_released(handler), path)


def drip(path: str = "") -> Fault:
    """Send a byte now and then, for ever: each wait for bytes is short, the whole has no end."""

    def act(handler: Handler, _: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not handler.state.released.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()
        handler.close_connection = True

    return Fault(act, path)


def _until_released(handler: Handler) -> None:
    handler.state.released.wait(30)
    handler.close_connection = True


@contextmanager
def faulty_server() -> Iterator[tuple[str, State]]:
    """Its URL, and what it does."""
    state = State()
    handler = type("Bound", (Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
