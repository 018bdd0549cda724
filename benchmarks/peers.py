"""Packages that we compare with, in an environment of their own since they pin older libraries."""

import io
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import orjson

from benchmarks.output import progress

PYTHON = Path(__file__).resolve().parents[1] / ".peers" / "bin" / "python"


def installed() -> bool:
    """Whether the peers are there; says what to do where they are not."""
    if not PYTHON.exists():
        progress("without the peers: install them with `make .setup/peers`")
    return PYTHON.exists()


class Peer:
    """A script of this folder that answers arrays with JSON lines; started once, used as a context."""

    def __init__(self, script: str) -> None:
        self._process = subprocess.Popen(
            [str(PYTHON), str(Path(__file__).with_name(script))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, **arrays: Any) -> dict[str, Any]:
        """Send the arrays, wait for the answer; raises SystemExit where the script has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        packed = io.BytesIO()
        np.savez(packed, **arrays)
        self._process.stdin.write(len(packed.getvalue()).to_bytes(8, "little") + packed.getvalue())
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args!r} ended with {self._process.wait()}")
        answer: dict[str, Any] = orjson.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
