"""Ctrl-C, SIGTERM and a closed terminal: what they do to a command and the processes that it runs."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FIRST = 1
"""The number of the first process of a PID namespace."""


def end_by_signals_though_first() -> None:
    """Let SIGTERM and SIGHUP end the first process of a container, before a command handles them itself.

    The kernel gives to the first process of a PID namespace only signals that it handles (pid_namespaces(7)):
    one that comes while its commands are imported would be lost, and the container killed when its time is
    over. As everywhere else, such an end says by which signal.
    """
    if os.getpid() == _FIRST:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: sys.exit(128 + number))


@contextmanager
def sigterm_ends_well() -> Iterator[None]:
    """Let SIGTERM end this process with 0, as what was told to end and did.

    uvicorn raises the signal again when it has ended, for whoever had it before: by default that is a death
    by signal.
    """
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def stop_as_by_ctrl_c() -> None:
    """Let the other signals raise KeyboardInterrupt, as Ctrl-C does, so that all end in the same order.

    A closed terminal (SIGHUP) ends nothing that was started to outlive it, by `nohup`.
    """
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


@contextmanager
def stop_signals_ignored() -> Iterator[None]:
    """Ignore them while processes are being ended: a second Ctrl-C would leave some of them running."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread gets signals
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
