"""Small HTTP servers in this process, and metrics that a real Prometheus scrapes from one of them."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TypeAlias

Answer: TypeAlias = Callable[[str, str], bytes]
"""The body for a method and a path."""
Page: TypeAlias = Callable[[int], str]
"""Metrics in the text format at the n-th scrape, counted from 1."""


class Exporter:
    """Metrics that change from scrape to scrape.

    others  pages that stay as they are, by their path; their scrapes are not counted
    """

    def __init__(self, page: Page, **others: str) -> None:
        self.scrapes = 0
        self._page = page
        self._others = {f"/{name}": text.encode() for name, text in others.items()}

    def __call__(self, method: str, path: str) -> bytes:
        if path in self._others:
            return self._others[path]
        self.scrapes += 1
        return self._page(self.scrapes).encode()


@contextmanager
def answering_server(
    answer: Answer,
    content_type: str = "text/plain; version=0.0.4",
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """A server that answers every GET and POST with 200 and this; gives its `host:port`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer("POST")

        def _answer(self, method: str) -> None:
            body = answer(method, self.path)
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
