"""HTTP as uvicorn speaks it over httptools, with an end to how long the head of a request may be.

httptools parses in C, many times faster than h11 in Python; but it takes heads of any length, from whoever
reaches the port.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
"""Of the request line and the headers together: what h11 allows, and many times what a browser sends."""


class BoundedHead(HttpToolsProtocol):
    """Answers 400 and hangs up where a head is longer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_head = True
        self._head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Parse what has come."""
        was_in_head = self._is_in_head
        super().data_received(data)
        if not was_in_head or not self._is_in_head or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self.send_400_response(f"The request line and headers are longer than {MAX_HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        """A request begins: its line and headers come first."""
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """The body follows, of which `BodyLimit` takes care."""
        super().on_headers_complete()
        self._is_in_head = False
