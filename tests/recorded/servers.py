"""The real servers, each started with the incident in it.

PROMETHEUS3 and THANOS in the environment are the paths of programs that Debian does not have. What is built
from a module does not know its version: PROMETHEUS3_VERSION and THANOS_VERSION say it. The README of
`tests/fixtures/servers` says how they are built.
"""

import os
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias
from urllib.error import URLError

from patternwatch.contracts.matchers import parse_selector
from patternwatch.cortex.bundle import read_bundle
from patternwatch.cortex.raw import RawSeries
from tests.recorded.visit import INCIDENT, NAMES
from tests.support import free_port, running

Options: TypeAlias = tuple[str, ...]
_FEW = "5"
"""Series or samples that the servers with limits allow: less than any metric of the incident has."""
_CONFIG = """
global:
  external_labels: {site: one, prometheus_replica: a}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server.

    name      as its documentation writes it
    program   path of its program
    told_by   the command that tells its version
    started   runs it in a folder, and gives its URL
    few       options by which it refuses all but a few series or samples
    """

    name: str
    program: str
    told_by: tuple[str, ...]
    started: Callable[[Path, Options], AbstractContextManager[str]]
    few: Options

    @property
    def version(self) -> str:
        """Name and version."""
        done = subprocess.run(self.told_by, capture_output=True, text=True, check=True)
        [found, *_] = re.findall(r"\d+\.\d+\.\d+", done.stdout + done.stderr)
        return f"{self.name} {found}"


def incident_series() -> RawSeries:
    """The part of the incident that the servers hold."""
    _, series = read_bundle(INCIDENT)
    return series.matching(parse_selector('{__name__=~"' + "|".join(NAMES) + '"}'))


def _lines(to_time: Callable[[int], str]) -> Iterator[str]:
    """The samples in the text format, metric by metric."""
    series = incident_series()
    for i in sorted(range(len(series.labels)), key=lambda i: series.labels[i]["__name__"]):
        labels = ",".join(f'{k}="{v}"' for k, v in sorted(series.labels[i].items()) if k != "__name__")
        head = f"{series.labels[i]['__name__']}{{{labels}}}"
        part = slice(series.offsets[i], series.offsets[i + 1])
        times, values = series.timestamps[part].tolist(), series.values[part].tolist()
        yield from (f"{head} {v!r} {to_time(t)}\n" for t, v in zip(times, values, strict=True))


@contextmanager
def prometheus(program: str, folder: Path, options: Options) -> Iterator[str]:
    """Prometheus over a block that promtool makes of the incident."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    file = folder / "incident.om"
    file.write_text("".join(_lines(lambda ms: f"{ms / 1000:.3f}")) + "# EOF\n")
    made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(file), str(data)]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    (folder / "prometheus.yml").write_text(_CONFIG)
    address = f"127.0.0.1:{free_port()}"
    command = [
        program,
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={address}",
        *options,
    ]
    with running(command, folder):
        _answering(f"http://{address}", filled=not options)
        yield f"http://{address}"


@contextmanager
def victoria_metrics(folder: Path, options: Options) -> Iterator[str]:
    """VictoriaMetrics, into which the incident is imported."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        "victoria-metrics",
        f"-storageDataPath={folder}/data",
        "-retentionPeriod=100y",
        f"-httpListenAddr={address}",
        "-search.latencyOffset=0s",
        *options,
    ]
    with running(command, folder):
        _answering(f"http://{address}", filled=False)
        body = "".join(_lines(str)).encode()
        urllib.request.urlopen(f"http://{address}/api/v1/import/prometheus", body, timeout=30).close()
        urllib.request.urlopen(f"http://{address}/internal/force_flush", timeout=30).close()
        _answering(f"http://{address}", filled=not options)
        yield f"http://{address}"


@contextmanager
def thanos(folder: Path, options: Options) -> Iterator[str]:
    """Thanos Query over a sidecar of Debian's Prometheus."""
    program = os.environ["THANOS"]
    store, http = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        behind = stack.enter_context(prometheus("prometheus", folder / "prometheus", ()))
        sidecar = [
            program,
            "sidecar",
            f"--prometheus.url={behind}",
            f"--grpc-address={store}",
            f"--http-address=127.0.0.1:{free_port()}",
            *options,
        ]
        stack.enter_context(running(sidecar, folder / "sidecar"))
        query = [
            program,
            "query",
            f"--endpoint={store}",
            "--query.replica-label=prometheus_replica",
            f"--grpc-address=127.0.0.1:{free_port()}",
            f"--http-address={http}",
        ]
        stack.enter_context(running(query, folder / "query"))
        _answering(f"http://{http}", filled=not options)
        _with_a_store(f"http://{http}")
        yield f"http://{http}"


def _answering(url: str, *, filled: bool = True, deadline_s: float = 90.0) -> None:
    """Wait until the server answers queries, and has the incident."""
    end_s = incident_series().timestamps.max() / 1000
    query = f"count({NAMES[0]}) or vector(0)" if filled else "vector(1)"
    asked = urllib.parse.urlencode({"query": query, "time": end_s})
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/api/v1/query?{asked}", timeout=5) as answer:
                body = answer.read()
        except (URLError, OSError):
            body = b""
        if b'"success"' in body and b'"0"]' not in body:
            return
        time.sleep(0.2)
    raise SystemExit(f"{url} did not answer within {deadline_s} s")


def _with_a_store(url: str) -> None:
    """Wait until Thanos Query has found the sidecar: before, it answers without its series."""
    for _ in range(300):
        with urllib.request.urlopen(f"{url}/api/v1/stores", timeout=5) as answer:
            if b'"sidecar"' in answer.read():
                return
        time.sleep(0.2)
    raise SystemExit(f"{url} found no sidecar")


def servers() -> dict[str, Server]:
    """Those whose programs are there, by the name of their recording."""
    few_series = (f"-search.maxUniqueTimeseries={_FEW}",)
    debian = ("dpkg-query", "-W", "-f", "${Version}", "victoria-metrics")
    known = {
        "prometheus2": _prometheus("prometheus", ("prometheus", "--version")),
        "prometheus3": _prometheus(os.environ.get("PROMETHEUS3", ""), ("printenv", "PROMETHEUS3_VERSION")),
        "victoriametrics": Server(
            "VictoriaMetrics", "victoria-metrics", debian, victoria_metrics, few_series
        ),
        "thanos": Server(
            "Thanos",
            os.environ.get("THANOS", ""),
            ("printenv", "THANOS_VERSION"),
            thanos,
            (f"--store.limits.request-series={_FEW}",),
        ),
    }
    return {name: server for name, server in known.items() if shutil.which(server.program)}


def _prometheus(program: str, told_by: tuple[str, ...]) -> Server:
    few_samples = (f"--storage.remote.read-sample-limit={_FEW}", f"--query.max-samples={_FEW}")
    return Server("Prometheus", program, told_by, partial(prometheus, program), few_samples)
