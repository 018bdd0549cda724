"""Threads of a long-running process take the interpreter from each other sooner than by default."""

import sys

import pytest

from patternwatch.cli import serve
from patternwatch.cli.interpreter import SWITCH_S


@pytest.mark.parametrize(("command", "started"), [("worker", "streams.main"), ("api", "api.main")])
def test_both_processes_let_a_waiting_thread_have_it_soon(
    monkeypatch: pytest.MonkeyPatch, command: str, started: str
) -> None:
    before, seen = sys.getswitchinterval(), list[float]()

    def run(_: object) -> int:
        seen.append(sys.getswitchinterval())
        return 0

    monkeypatch.setattr(f"patternwatch.{started}.run", run)
    monkeypatch.setattr("patternwatch.streams.main.leave", lambda _: None)
    try:
        getattr(serve, command)()
    finally:
        sys.setswitchinterval(before)
    assert seen == [pytest.approx(SWITCH_S, rel=0.01)]
