"""A thread that ends the process when its event loop stands still: nothing on the loop could."""

import os
import sys
import threading
import traceback
from collections.abc import Callable

import structlog

log = structlog.get_logger()

STALLED = 3
"""Exit code of a process that a watchdog has ended: its supervisor starts another one."""
TICK_S = 1.0
_MAX_STACK = 4000


class LoopWatch:
    """Counts beats of the loop by ticks of its own.

    A process that was frozen as a whole (SIGSTOP, a suspended machine) ticks no more than it beats, so it is
    not taken for one whose loop is stuck.

    beats      how often the loop has turned
    timeout_s  ends the process when it has not turned for so long
    end        what ends it, told the reason and what the loop's thread was doing
    """

    def __init__(
        self,
        beats: Callable[[], int],
        timeout_s: float,
        end: Callable[[str, str], object] | None = None,
        tick_s: float = TICK_S,
    ) -> None:
        self._beats = beats
        self._timeout_s = timeout_s
        self._end = end or _end_process
        self._tick_s = tick_s
        self._stopped = threading.Event()
        self._loop_thread = threading.get_ident()

    def start(self) -> None:
        """Watch the loop of the calling thread."""
        self._loop_thread = threading.get_ident()
        threading.Thread(target=self._run, name="loop-watch", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()

    def _run(self) -> None:
        silent, last = 0, -1
        while not self._stopped.wait(self._tick_s):
            beats = self._beats()
            silent = silent + 1 if beats == last else 0
            last = beats
            if silent * self._tick_s > self._timeout_s:
                self._end(f"The event loop has not turned for {silent * self._tick_s:.0f} s", self._stack())
                return

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._loop_thread)
        return "".join(traceback.format_stack(frame))[-_MAX_STACK:] if frame is not None else ""


def _end_process(reason: str, stack: str) -> None:
    log.error("worker.stalled", reason=reason, stack=stack)
    os._exit(STALLED)
