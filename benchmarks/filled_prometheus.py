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

from benchmarks.made_up_series import made_up
from benchmarks.output import progress

SAMPLES = "samples.om"
_DATA = "data"
STEP_MS = 15_000
_START_MS = 1_795_392_000_000
"""A multiple of two hours, so that up to 480 points of 15 s lie in one block."""


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
    seconds = [f"{time_ms // 1000}" for time_ms in times_ms]
    names: list[str] = []
    with path.open("w") as file:
        for one in made_up(series, len(times_ms), changed_from):
            name = one.labels["__name__"]
            if name not in names[-1:]:
                file.write(f"# TYPE {name.removesuffix('_total')} {one.kind}\n")
                names.append(name)
            labels = ",".join(f'{k}="{v}"' for k, v in one.labels.items() if k != "__name__")
            head = f"{name}{{{labels}}} "
            file.write(
                "".join(f"{head}{v!r} {t}\n" for v, t in zip(one.values.tolist(), seconds, strict=True))
            )
        file.write("# EOF\n")
    return names


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
