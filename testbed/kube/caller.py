"""Calls between pods: names resolved per connection, connections kept some seconds, the mesh counted."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import time
from collections import defaultdict
from typing import Any

from testbed.kube.mesh import PEER, Mesh
from testbed.kube.resolver import ResolveError, resolve
from testbed.kube.wire import Answer, Connection

PORT = 8080
MAX_AGE_S = 4.0
"""Connections are made anew after this age, so that new pods get their share."""
BROKEN = (OSError, asyncio.IncompleteReadError, ssl.SSLError)


class CallError(Exception):
    """A peer failed; ``code`` is the status for our own caller."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Caller:
    """Asks Services by name; a connection that cannot be made is tried once more at another pod."""

    def __init__(self, dns: str, mesh: Mesh, timeout_s: float = 3.0) -> None:
        self._dns, self._mesh, self._timeout_s = dns, mesh, timeout_s
        self._idle: dict[str, list[Connection]] = defaultdict(list)

    async def call(
        self, service: str, method: str, path: str, body: Any = None, tls: ssl.SSLContext | None = None
    ) -> Any:
        """Ask and give the answer's JSON.

        Raises:
            CallError: 504 when it was too slow, 503 when it could not be reached or failed.
        """
        started = time.perf_counter()
        answer, flags, why = Answer(0), "-", ""
        sent = b"" if body is None else json.dumps(body).encode()
        try:
            answer = await asyncio.wait_for(self._ask(service, method, path, sent, tls), self._timeout_s)
        except TimeoutError:
            flags, why = "UT", "did not answer in time"
        except ResolveError as error:
            flags, why = "UH", str(error)
        except BROKEN as error:
            flags, why = "UF", f"cannot be reached: {error}"
        seconds = time.perf_counter() - started
        peer = answer.headers.get(PEER, "")
        code = answer.status or (504 if flags == "UT" else 503)
        self._mesh.called(service, peer, code, flags, seconds)
        if why:
            raise CallError(code, f"{service} {why}")
        if code >= 500:
            raise CallError(503, f"{service} answered {code}")
        return json.loads(answer.body or b"null")

    async def _ask(
        self, service: str, method: str, path: str, body: bytes, tls: ssl.SSLContext | None
    ) -> Answer:
        for last in (False, True):
            connection = await self._connection(service, tls, fresh=last)
            try:
                answer = await connection.ask(method, path, self._mesh.header(), body)
            except BROKEN:
                connection.writer.close()
                if last:
                    raise
                continue
            except asyncio.CancelledError:
                connection.writer.close()
                raise
            self._idle[service].append(connection)
            return answer
        raise AssertionError("the last attempt returns or raises")

    async def _connection(self, service: str, tls: ssl.SSLContext | None, fresh: bool) -> Connection:
        idle, now = self._idle[service], time.monotonic()
        while idle and not fresh:
            kept = idle.pop()
            if now - kept.born < MAX_AGE_S and not kept.writer.is_closing():
                return kept
            kept.writer.close()
        found = await resolve(self._dns, service)
        random.shuffle(found)
        for place, address in enumerate(found[:2]):
            try:
                reader, writer = await asyncio.open_connection(
                    address, PORT, ssl=tls, server_hostname=service if tls else None
                )
            except BROKEN:
                if place == min(1, len(found) - 1):
                    raise
                continue
            return Connection(reader, writer, now)
        raise ResolveError(f"{service} has no address")
