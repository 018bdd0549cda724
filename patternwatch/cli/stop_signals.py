"""Ctrl-C, SIGTERM and a closed terminal, of the commands that run other processes."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
