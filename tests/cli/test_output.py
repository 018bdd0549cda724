"""What commands print, to terminals and files as they are."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from patternwatch.cli.stop_signals import stop_as_by_ctrl_c

INCIDENT = Path(__file__).parents[2] / "examples" / "incidents" / "cart-crash-loop.parquet"


def analyze(*words: str, **given: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "patternwatch.cli", "analyze", str(INCIDENT), *words]
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, check=False, **given)  # type: ignore[call-overload,no-any-return]


def test_a_terminal_without_utf_8_shows_what_it_can() -> None:
    shown = analyze(stdout=subprocess.PIPE)
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert b"cart" in shown.stdout
    assert b"?" in shown.stdout, "a sparkline"


def test_json_is_utf_8_wherever_it_goes() -> None:
    shown = analyze("--format", "json", stdout=subprocess.PIPE)
    assert orjson.loads(shown.stdout)["status"] == "complete"


def test_a_full_disk_is_an_error_and_no_stack_trace() -> None:
    with Path("/dev/full").open("wb") as full:
        shown = analyze(stdout=full)
    assert (shown.returncode, b"No space left" in shown.stderr, b"Traceback" in shown.stderr) == (
        1,
        True,
        False,
    )


@pytest.mark.parametrize("by_nohup", [False, True])
def test_a_closed_terminal_ends_what_was_not_started_to_outlive_it(by_nohup: bool) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN if by_nohup else signal.SIG_DFL)
        stop_as_by_ctrl_c()
        expected = signal.SIG_IGN if by_nohup else signal.default_int_handler
        assert signal.getsignal(signal.SIGHUP) is expected
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
