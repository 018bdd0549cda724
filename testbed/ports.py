"""Free TCP ports for one stack, taken together so that no two names share one."""

from __future__ import annotations

from collections.abc import Iterable

from patternwatch.kafka.dev.free_ports import HOST, free_port

__all__ = ["HOST", "free_ports"]


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """Give every name a TCP port that is free on the loopback address now.

    Another process may still take one before the stack binds it; the stack's start then fails with that
    server's own message. No connection gets one while its server is away.

    >>> ports = free_ports(["prometheus", "kafka"])
    >>> len(set(ports.values()))
    2
    """
    taken: set[int] = set()
    return {name: free_port(0, taken) for name in names}
