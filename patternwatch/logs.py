"""How a process logs: structlog, one event a line, and libraries in the same form."""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

from patternwatch.contracts.settings import LogSettings
from patternwatch.log_repeats import RepeatedClientErrors


class _Lossy:
    """A stream whose lines are lost where they cannot be written: on a full disk, into a closed pipe.

    The standard library's `logging` does so too. Whoever logs has other work, which must not fail for it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def warnings_to_stderr() -> None:
    """How a command that a person runs logs: warnings as text on stderr; stdout holds its result alone."""
    structlog.configure(
        processors=[
            _warnings_only,
            structlog.stdlib.add_log_level,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )


def _warnings_only(
    _logger: object, method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    if method in ("debug", "info"):
        raise structlog.DropEvent
    return event


def configure_logs(settings: LogSettings) -> None:
    """Log to stderr at this level, as text for people or JSON for machines."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    errors = [structlog.processors.format_exc_info] if settings.format == "json" else []
    structlog.configure(
        processors=[*shared, *errors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # At one go, as logging does: what `print` writes piece by piece lies in the lines of other threads.
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Lossy(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *errors, renderer],
        )
    )
    handler.addFilter(RepeatedClientErrors())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries tell of every connection at info.
    root.setLevel(max(level, logging.WARNING))
