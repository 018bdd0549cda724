"""Free TCP ports for one stack, taken together so that no two names share one."""

from __future__ import annotations

import socket
from collections.abc import Iterable

HOST = "127.0.0.1"


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """Give every name a TCP port that is free on the loopback address now.

    All sockets stay open until the last port is known, so the ports differ from each other. Another
    process may still take one before the stack binds it; the stack's start then fails with that
    server's own message.
    """
    held: dict[str, socket.socket] = {}
    try:
        for name in names:
            held[name] = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            held[name].bind((HOST, 0))
        return {name: int(taken.getsockname()[1]) for name, taken in held.items()}
    finally:
        for taken in held.values():
            taken.close()
