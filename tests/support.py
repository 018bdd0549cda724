"""What tests of several rooms share."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from patternwatch.kafka.dev import free_ports
from tests.fakes.http import Exporter, answering_server

T = TypeVar("T")

_TAKEN: set[int] = set()
_HELD: list[socket.socket] = []
"""One for each port that was given out here."""


def require_program(name: str) -> str:
    """The path of a program; without it the test is skipped, or failed under CI=true."""
    path = shutil.which(name)
    if path is None:
        reason = f"{name} is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}: CI must have it")
        pytest.skip(reason)
    return path


def free_port() -> int:
    """A TCP port on 127.0.0.1 that stays free for this process, whatever other tests run beside it.

    Its number is held over UDP until this process ends, so that no other process of tests takes it.
    """
    while True:
        port = free_ports.free_port(0, _TAKEN)
        held = socket.socket(type=socket.SOCK_DGRAM)
        try:
            held.bind((free_ports.HOST, port))
        except OSError:  # another process of tests has it
            held.close()
            continue
        _HELD.append(held)
        return port


def wait_until(what: str, probe: Callable[[], T | None], deadline_s: float = 60.0) -> T:
    """The first answer of `probe` that is neither None nor False; fails the test after the deadline."""
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        if answer := probe():
            return answer
        time.sleep(0.05)
    pytest.fail(f"waited {deadline_s} s in vain for {what}")


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended, by its id, when the block ends; its output lies in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def scraping_prometheus(exporter: Exporter, folder: Path, config: str, *options: str) -> Iterator[str]:
    """A real Prometheus that scrapes this exporter; gives its URL.

    config   its configuration, with TARGET where the exporter's address belongs
    options  further ones of its command line
    """
    program = require_program("prometheus")
    with answering_server(exporter) as target:
        port = free_port()
        (folder / "prometheus.yml").write_text(config.replace("TARGET", target))
        command = [
            program,
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            *options,
        ]
        with running(command, folder):
            yield f"http://127.0.0.1:{port}"
