"""How a process logs: whole lines, whoever writes them."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from patternwatch.contracts.settings import LogSettings
from patternwatch.logs import configure_logs


class Pieces(io.StringIO):
    """Keeps each piece that is written: another thread's may come between any two."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return super().write(text)


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("logging_as_before")
def test_a_line_is_written_at_one_go_so_that_those_of_threads_do_not_mix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """JSON lines that lay in one another were lost to whoever reads logs."""
    stderr = Pieces()
    monkeypatch.setattr(sys, "stderr", stderr)  # here: pytest sets its own between fixtures and test
    configure_logs(LogSettings(format="json"))
    structlog.get_logger("ours").info("ours", n=1)
    logging.getLogger("a.library").warning("theirs")
    assert [json.loads(piece)["event"] for piece in stderr.pieces] == ["ours", "theirs"]
    assert all(piece.endswith("\n") for piece in stderr.pieces)


def test_a_log_that_cannot_be_written_fails_nothing_else() -> None:
    """A full disk, or a reader of the pipe that has ended."""
    for stderr in ("'/dev/full'", "broken[1]"):
        code = (
            "import os, sys; broken = os.pipe(); os.close(broken[0])\n"
            f"sys.stderr = open({stderr}, 'w')\n"
            "import structlog; from patternwatch.logs import configure_logs, LogSettings\n"
            "configure_logs(LogSettings())\n"
            "for n in range(100): structlog.get_logger().info('some.event', n=n)\n"
            "print('done')"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.stdout == "done\n", done.stderr
