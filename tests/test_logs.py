"""How a process logs: whole lines, whoever writes them."""

import io
import json
import logging
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
def stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pieces]:
    pieces, handlers, level = Pieces(), logging.getLogger().handlers[:], logging.getLogger().level
    monkeypatch.setattr(sys, "stderr", pieces)
    yield pieces
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_a_line_is_written_at_one_go_so_that_those_of_threads_do_not_mix(stderr: Pieces) -> None:
    """JSON lines that lay in one another were lost to whoever reads logs."""
    configure_logs(LogSettings(format="json"))
    structlog.get_logger("ours").info("ours", n=1)
    logging.getLogger("a.library").warning("theirs")
    assert [json.loads(piece)["event"] for piece in stderr.pieces] == ["ours", "theirs"]
    assert all(piece.endswith("\n") for piece in stderr.pieces)
