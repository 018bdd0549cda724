"""Ports of 127.0.0.1 that nobody listens on, for what has to come back at the same one.

They lie below those that the kernel gives to connections: a broker that is away for a second must not find
its port taken by one, which may even be a client's that tries to reach it (a connection to itself).
"""

import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from patternwatch.contracts.errors import PatternwatchError

HOST = "127.0.0.1"
_LOWEST = 10_000
_USUAL_EPHEMERAL = 32_768
"""Where Linux begins; macOS, the BSDs and Windows begin at 49152."""
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES = 200


def free_port(wanted: int = 0, taken: set[int] | None = None) -> int:
    """The wanted port where it is free, else any free one.

    wanted  0 for any
    taken   ports that were given out already and may not be listened on yet; the answer is added

    Raises PatternwatchError where there is none.

    >>> taken = {9092}
    >>> port = free_port(9092, taken)
    >>> port == 9092, port in taken, is_free(port)
    (False, True, True)
    """
    taken = taken if taken is not None else set()
    for port in _candidates(wanted):
        if port not in taken and is_free(port):
            taken.add(port)
            return port
    raise PatternwatchError(f"There is no free port on {HOST}", "End what listens there")


def is_free(port: int) -> bool:
    """Whether one may listen on this port now.

    >>> with socket.socket() as held:
    ...     held.bind((HOST, 0))
    ...     is_free(held.getsockname()[1])
    False
    """
    return why_taken(port) is None


def why_taken(port: int) -> OSError | None:
    """What the system says to somebody who wants to listen on this port; None where one may."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            return error
    return None


def _candidates(wanted: int) -> Iterator[int]:
    if wanted:
        yield wanted
    end = _first_ephemeral()
    if end > _LOWEST:
        yield from random.sample(range(_LOWEST, end), min(_TRIES, end - _LOWEST))
    with socket.socket() as any_port:  # a kernel that gives nearly all of them to connections
        any_port.bind((HOST, 0))
        chosen = int(any_port.getsockname()[1])
    yield chosen


def _first_ephemeral() -> int:
    with suppress(OSError, ValueError, IndexError):
        return min(int(_RANGE.read_text().split()[0]), _USUAL_EPHEMERAL)
    return _USUAL_EPHEMERAL
