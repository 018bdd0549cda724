"""A real Prometheus on this machine, filled with made-up series: `with filled(series, points) as server`.

The samples are written as an OpenMetrics file and made into a block by `promtool tsdb create-blocks-from`.
"""

import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import numpy as np

from benchmarks.output import progress

STEP_MS = 15_000
PER_METRIC = 100
"""Series of one metric name."""
_START_MS = 1_795_392_000_000
"""A multiple of two hours, so that up to 480 points lie in one block."""


@dataclass(frozen=True)
class Filled:
    """Where it listens, and the samples in it: `start_ms`, then every 15 s up to `end_ms`."""

    url: str
    start_ms: int
    end_ms: int
    names: list[str]


@contextmanager
def filled(series: int, points: int) -> Iterator[Filled]:
    """Write, start, yield, stop."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        names = _write(Path(folder) / "samples.om", series, points)
        progress(f"{series} series x {points} points written; making a block of them")
        command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", f"{folder}/samples.om", str(data)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (Path(folder) / "samples.om").unlink()
        with _running(Path(folder), data) as url:
            yield Filled(url, _START_MS, _START_MS + (points - 1) * STEP_MS, names)


def _write(path: Path, series: int, points: int) -> list[str]:
    """Metrics of 100 targets: counters, noisy gauges and gauges that seldom move, a third each."""
    rng = np.random.default_rng(7)
    seconds = [f"{(_START_MS + k * STEP_MS) // 1000}" for k in range(points)]
    names = []
    with path.open("w") as file:
        for first in range(0, series, PER_METRIC):
            number = first // PER_METRIC
            kind, name = ("counter", "gauge", "gauge")[number % 3], f"bench_metric_{number:04d}"
            file.write(f"# TYPE {name} {kind}\n")
            name += "_total" if kind == "counter" else ""
            names.append(name)
            for i in range(min(PER_METRIC, series - first)):
                labels = (
                    f'cluster="bench",instance="10.1.{i // 16}.{i}:9100",job="shop-{i % 7}",'
                    f'namespace="prod",pod="cart-{i:04x}"'
                )
                head = f"{name}{{{labels}}} "
                values = _values(number % 3, points, rng)
                file.write(
                    "".join(f"{head}{v!r} {t}\n" for v, t in zip(values.tolist(), seconds, strict=True))
                )
        file.write("# EOF\n")
    return names


def _values(kind: int, points: int, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if kind == 0:
        return rng.poisson(rng.uniform(0, 300), points).cumsum().astype(np.float64)
    if kind == 1:
        return np.asarray(np.round(rng.normal(rng.uniform(1, 500), 10.0, points), 3))
    return np.asarray((rng.random(points) < 0.02).cumsum() * 1048576.0)


@contextmanager
def _running(folder: Path, data: Path) -> Iterator[str]:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{s.getsockname()[1]}"
    (folder / "prometheus.yml").write_text("global: {}\n")
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={url.removeprefix('http://')}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_until_ready(url)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_ready(url: str, deadline_s: float = 60.0) -> None:
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"Prometheus was not ready within {deadline_s} s")
