"""What `kernel` promises: compiled once on a machine, and typed as the function that it was."""

import os
import subprocess
import sys
from pathlib import Path

MODULE = """
import numpy as np

from patternwatch.compiled import Floats, kernel


@kernel
def total(values: Floats) -> float:
    found = 0.0
    for value in values:
        found += value
    return found


def main() -> None:
    assert total(np.array([1.0, 2.5])) == 3.5
    print(*total.stats.cache_hits.values(), "hits", *total.stats.cache_misses.values(), "misses")
"""


def run(folder: Path) -> str:
    """What one process says of the cache that lies beside the module."""
    done = subprocess.run(
        [sys.executable, "-c", "import own; own.main()"],
        env={k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"} | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_second_process_loads_what_the_first_one_compiled(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(MODULE)
    assert run(tmp_path) == "hits 1 misses"
    assert list((tmp_path / "__pycache__").glob("own.total-*.nbi"))
    assert run(tmp_path) == "1 hits misses"
