"""How fast and how large naming shapes is: `python -m benchmarks.classify --json`.

Features and network on one thread in batches of 512, as they are served. `over_matmul_floor` is that time
over the time of bare matrix products of the same sizes as the network's layers, by numpy in the same run.
Load and peak memory (Linux only) are those of a fresh process: imports, the model, 5,120 windows named.
"""

import os

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from benchmarks import output
from patternwatch.classifier.features import features
from patternwatch.classifier.model import ShapeModel
from patternwatch.classifier.shape_model import BATCH, GRAPH_FILE, SHIPPED

BATCHES = 10
ROUNDS = 7

_FRESH = """
import sys, time
started = time.perf_counter()
from patternwatch.classifier.model import ShapeModel
from pathlib import Path
model = ShapeModel.load(Path(sys.argv[1]))
seconds = time.perf_counter() - started
import numpy as np
model.classify(np.random.default_rng(0).standard_normal((int(sys.argv[2]), 300)), 240)
status = Path("/proc/self/status").read_text()
print("[%f, %s]" % (seconds, status.split("VmHWM:")[1].split()[0]))
"""


def classify(arguments: argparse.Namespace) -> output.Result:
    """Figures of speed and size."""
    folder = arguments.model or SHIPPED
    model = ShapeModel.load(folder)
    values = _series(np.random.default_rng(0), BATCH * BATCHES)
    batch = values[:BATCH]
    ways: dict[str, Callable[[], object]] = {
        "features": lambda: features(batch, 240),
        "features and network": lambda: model.classify(batch, 240),
        "matrix products": _products(model.metadata.layers, BATCH),
    }
    seconds = {name: _least(way) for name, way in ways.items()}
    per_series = {name: took / BATCH * 1e6 for name, took in seconds.items()}
    many = _least(lambda: model.classify(values, 240))
    load, memory_kb = np.min([_fresh(folder) for _ in range(ROUNDS)], axis=0)
    return {
        "figures": {
            "series_per_s": len(values) / many,
            "features_us": per_series["features"],
            "over_matmul_floor": seconds["features and network"] / seconds["matrix products"],
            "load_s": load,
            "memory_mb": memory_kb / 1024,
            "artifact_mb": (folder / GRAPH_FILE).stat().st_size / 1e6,
        },
        "results": [{"way": name, "us_per_series": took} for name, took in per_series.items()],
        "settings": {"model": model.version, "batch": BATCH, "series": len(values), "rounds": ROUNDS},
    }


def _series(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """Noise, one in ten with gaps."""
    values = rng.standard_normal((count, 300))
    values[::10][rng.random((len(values[::10]), 300)) < 0.05] = np.nan
    return values


def _products(layers: list[tuple[int, int, int]], batch: int) -> Callable[[], None]:
    rng = np.random.default_rng(1)
    pairs = [
        (
            rng.standard_normal((batch * rows, inner), dtype=np.float32),
            rng.standard_normal((inner, columns), dtype=np.float32),
        )
        for rows, inner, columns in layers
    ]

    def multiply() -> None:
        for left, right in pairs:
            left @ right

    return multiply


def _least(way: Callable[[], object]) -> float:
    """Seconds of the quickest of some rounds: what the machine can do when nothing else runs."""
    way()
    found = []
    for _ in range(ROUNDS * 3):
        started = time.perf_counter()
        way()
        found.append(time.perf_counter() - started)
    return min(found)


def _fresh(folder: Path) -> list[float]:
    command = [sys.executable, "-c", _FRESH, str(folder), str(BATCH * BATCHES)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: list[float] = orjson.loads(done.stdout)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model", type=Path, default=None, help="folder of the model; the shipped one by default"
    )
    output.run(classify, parser)
