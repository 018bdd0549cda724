"""What the Kafka client says again and again: once, then once a minute with how often, and when it ends.

While a broker is away every client of aiokafka tries it ten times a second, and says so twice each time: the
lines of a minute would be thousands, and hide everything else. Nothing else is held back.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

CLIENT = "aiokafka"
EVERY_S = 60.0
QUIET_S = 5.0
_END = "patternwatch_end"
"""So long without another failure means that it is over: aiokafka pauses for 0.1 s between two tries."""

AWAY_TEMPLATES = frozenset(
    {
        'Unable connect to "%s:%s": %s',  # aiokafka 0.14, client.py, bootstrap
        'Unable to request metadata from "%s:%s": %s',  # client.py, bootstrap
        "Unable to request metadata from node with id %s: %r",  # client.py, _metadata_update
        "Unable to update metadata from %s",  # client.py, _metadata_update
        "Unable connect to node with id %s: %s",  # client.py, _get_conn
    }
)
"""What says that a broker is away. Their errors differ from one system to another."""

Later: TypeAlias = Callable[[float, Callable[[], None]], object]
"""Call this so many seconds later."""


@dataclass(slots=True)
class _Repeated:
    first_s: float
    said_s: float
    last_s: float
    unsaid: int = 0
    times: int = 1


def _later(seconds: float, call: Callable[[], None]) -> None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return  # no loop, no client: what was begun is told by whatever is logged next
    loop.call_later(seconds, call)


class RepeatedClientErrors(logging.Filter):
    """Goes on a handler: filters of a logger do not see what the loggers below it say.

    clock  seconds, monotonic
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, later: Later = _later) -> None:
        super().__init__()
        self._clock, self._later = clock, later
        self._repeated: dict[str, _Repeated] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to say it; one a minute gets the number of those that were not said."""
        if record.name.partition(".")[0] != CLIENT or record.levelno < logging.WARNING or _is_end(record):
            return True
        about, now = _about(record), self._clock()
        known = self._repeated.get(about)
        if known is None:
            self._repeated[about] = _Repeated(now, now, now)
            self._later(QUIET_S, lambda: self._look(about))
            return True
        known.last_s, known.times = now, known.times + 1
        if now - known.said_s < EVERY_S:
            known.unsaid += 1
            return False
        record.msg = f"{record.getMessage()} (and {known.unsaid:,} more within {now - known.said_s:.0f} s)"
        record.args = ()
        known.said_s, known.unsaid = now, 0
        return True

    def _look(self, about: str) -> None:
        """Say that it is over, or look again when it may be."""
        known, now = self._repeated[about], self._clock()
        silent = now - known.last_s
        if silent < QUIET_S:
            self._later(QUIET_S - silent, lambda: self._look(about))
            return
        del self._repeated[about]
        if known.times > 1:
            what = "Kafka is back: connecting had failed" if about == CLIENT else f"Over: {about!r} was said"
            took = known.last_s - known.first_s
            logging.getLogger(CLIENT).warning(
                "%s %d times within %.0f s", what, known.times, took, extra={_END: True}
            )


def _is_end(record: logging.LogRecord) -> bool:
    return bool(getattr(record, _END, False))


def _about(record: logging.LogRecord) -> str:
    """What it is a repetition of: that the brokers are away, or the same words of the same module."""
    told = record.args if isinstance(record.args, tuple) else ()
    if record.msg in AWAY_TEMPLATES or any(map(_is_of_connecting, told)):
        return CLIENT
    return str(record.msg)


def _is_of_connecting(told: object) -> bool:
    # By its name: commands that need no Kafka log too, and importing its client takes a while.
    return isinstance(told, OSError) or type(told).__name__ == "KafkaConnectionError"
