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
from typing import TypeAlias
from urllib.error import URLError

import numpy as np

from benchmarks.output import progress

Values: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]

SAMPLES = "samples.om"
_DATA = "data"
STEP_MS = 15_000
PER_METRIC = 100
"""Series of one metric name."""
_START_MS = 1_795_392_000_000
"""A multiple of two hours, so that up to 480 points of 15 s lie in one block."""
CHANGED_JOB = "shop-3"
_CHANGED = range(3, PER_METRIC, 35)
"""Targets of that job whose series step up, where any do: three in a hundred."""


@dataclass(frozen=True)
class Filled:
    """Where it listens, and the samples in it: `start_ms`, then every step up to `end_ms`.

    changed_ms  from when on some series step up; the end where none do
    """

    url: str
    start_ms: int
    end_ms: int
    names: list[str]
    series: int
    pid: int
    """The server's process."""
    changed_ms: int


@contextmanager
def filled(
    series: int,
    points: int,
    step_ms: int = STEP_MS,
    changed_from: int | None = None,
    start_ms: int = _START_MS,
) -> Iterator[Filled]:
    """Write, start, yield, stop.

    changed_from  the point from which the series of a few targets of CHANGED_JOB step up; by default none do.
                  Then no gauges seldom move: of thousands, many leave a flat line at any moment by chance
    """
    times_ms = [start_ms + k * step_ms for k in range(points)]
    changed_ms = times_ms[-1] if changed_from is None else times_ms[changed_from]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        names = _write(folder / SAMPLES, series, times_ms, changed_from)
        progress(f"{series} series x {points} points written; making a block of them")
        make_block(folder)
        with prometheus_over(folder) as (url, pid):
            yield Filled(url, times_ms[0], times_ms[-1], names, series, pid, changed_ms)


def make_block(folder: Path) -> None:
    """Turn the OpenMetrics file SAMPLES of a folder into what `prometheus_over` serves."""
    samples = folder / SAMPLES
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(samples), str(folder / _DATA)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    samples.unlink()


def _write(path: Path, series: int, times_ms: list[int], changed_from: int | None) -> list[str]:
    """Metrics of 100 targets: counters, noisy gauges and gauges that seldom move, in equal parts."""
    kinds = 3 if changed_from is None else 2
    rng = np.random.default_rng(7)
    seconds = [f"{time_ms // 1000}" for time_ms in times_ms]
    names = []
    with path.open("w") as file:
        for first in range(0, series, PER_METRIC):
            number = first // PER_METRIC
            kind, name = ("counter", "gauge", "gauge")[number % kinds], f"bench_metric_{number:04d}"
            file.write(f"# TYPE {name} {kind}\n")
            name += "_total" if kind == "counter" else ""
            names.append(name)
            for i in range(min(PER_METRIC, series - first)):
                labels = (
                    f'cluster="bench",instance="10.1.{i // 16}.{i}:9100",job="shop-{i % 7}",'
                    f'namespace="prod",pod="cart-{i:04x}"'
                )
                head = f"{name}{{{labels}}} "
                values = _values(number % kinds, len(seconds), rng)
                if changed_from is not None and i in _CHANGED:
                    _step_up(values, kind, changed_from)
                file.write(
                    "".join(f"{head}{v!r} {t}\n" for v, t in zip(values.tolist(), seconds, strict=True))
                )
        file.write("# EOF\n")
    return names


def _values(kind: int, points: int, rng: np.random.Generator) -> Values:
    if kind == 0:
        return rng.poisson(rng.uniform(0, 300), points).cumsum().astype(np.float64)
    if kind == 1:
        return np.asarray(np.round(rng.normal(rng.uniform(1, 500), 10.0, points), 3))
    return np.asarray((rng.random(points) < 0.02).cumsum() * 1048576.0)


def _step_up(values: Values, kind: str, first: int) -> None:
    """From this point on a counter grows at four times its rate, a gauge lies far above its highest."""
    if kind == "counter":
        values[first:] += 3 * (values[first:] - values[first - 1])
    else:
        values[first:] += 100.0 + values[:first].max()


@contextmanager
def prometheus_over(folder: Path, config: str = "global: {}\n") -> Iterator[tuple[str, int]]:
    """Serve the blocks of a folder, and what the configuration scrapes: its address and process."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{s.getsockname()[1]}"
    (folder / "prometheus.yml").write_text(config)
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder / _DATA}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={url.removeprefix('http://')}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_until_ready(url)
            yield url, process.pid
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
