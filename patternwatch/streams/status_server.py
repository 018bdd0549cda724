"""A worker's /metrics, /health/live and /health/ready, served by a thread of its own."""

import errno
import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from patternwatch.contracts.errors import PatternwatchError
from patternwatch.streams.health import WorkerHealth

Start: TypeAlias = Callable[[str, list[tuple[str, str]]], Any]
App: TypeAlias = Callable[[dict[str, Any], Start], Iterable[bytes]]


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Server6(_Server):
    """On an address of IPv6; on `::` it answers those of IPv4 too, unless the system says otherwise."""

    address_family = socket.AF_INET6


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """A line for each scrape is of no use."""


def status_app(registry: CollectorRegistry, health: WorkerHealth) -> App:
    """The WSGI application: 200, or 503 with the reason. The form is that of the API's /health."""
    metrics: App = make_wsgi_app(registry)

    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/health/live":
            reason = health.why_dead()
            return _answer(start, not reason, {"status": "alive"} if not reason else {"reason": reason})
        if path == "/health/ready":
            reasons = health.reasons()
            ready = not any(reasons.values())
            checks = {name: {"ok": not reason, "reason": reason} for name, reason in reasons.items()}
            return _answer(start, ready, {"ready": ready, "checks": checks})
        return metrics(environ, start)

    return app


def _answer(start: Start, is_well: bool, body: object) -> Iterable[bytes]:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    start("200 OK" if is_well else "503 Service Unavailable", headers)
    return [json.dumps(body).encode()]


@contextmanager
def serving_status(host: str, port: int, registry: CollectorRegistry, health: WorkerHealth) -> Iterator[int]:
    """Serve until the block ends; gives the port, which 0 leaves to the system.

    Raises PatternwatchError where it cannot be had.
    """
    kind = _Server6 if ":" in host else _Server
    try:
        server = make_server(host, port, status_app(registry, health), kind, _Silent)
    except OSError as error:
        raise PatternwatchError(
            f"Cannot serve /metrics and /health on {host}:{port}: {error}",
            "Set PATTERNWATCH_METRICS_PORT to a free port (0 takes any), or end what has it"
            if error.errno == errno.EADDRINUSE
            else "Set PATTERNWATCH_METRICS_HOST to an address of this machine (0.0.0.0 takes all), and "
            "PATTERNWATCH_METRICS_PORT to one that this user may have",
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="status", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
