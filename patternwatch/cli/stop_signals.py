"""Ctrl-C and SIGTERM of the commands that run other processes."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def sigterm_as_ctrl_c() -> None:
    """Let SIGTERM raise KeyboardInterrupt, as Ctrl-C does, so that both end in the same order."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def stop_signals_ignored() -> Iterator[None]:
    """Ignore both while processes are being ended: a second Ctrl-C would leave some of them running."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread gets signals
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
