"""numpy's products of matrices take one thread, unless the environment says otherwise."""

import os
import subprocess
import sys

import pytest

from patternwatch.cli.blas_threads import VARIABLE

_PRODUCT = """
import os
import {first}
import numpy as np
started = len(os.listdir("/proc/self/task"))
np.ones((300, 300)) @ np.ones((300, 300))
print(os.environ["OPENBLAS_NUM_THREADS"], started)
"""


def _threads(first: str, **environment: str) -> tuple[str, int]:
    """The variable, and the threads of a process that imports this and numpy."""
    clean = {k: v for k, v in os.environ.items() if k != VARIABLE}
    told = subprocess.run(
        [sys.executable, "-c", _PRODUCT.format(first=first)],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return told[0], int(told[1])


@pytest.mark.parametrize("first", ["patternwatch.cli.main", "benchmarks.throughput"])
def test_every_process_of_ours_has_one_thread_for_them(first: str) -> None:
    assert _threads(first)[0] == "1"


def test_numpy_starts_no_threads_of_its_own() -> None:
    set_first, threads = _threads("patternwatch.cli")
    assert set_first == "1"
    assert threads == 1


def test_the_environment_comes_first() -> None:
    assert _threads("patternwatch.cli", **{VARIABLE: "2"})[0] == "2"
