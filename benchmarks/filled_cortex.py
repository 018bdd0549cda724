"""A real Cortex on this machine, filled with made-up series by remote write.

One process with everything in it, blocks on a local disk, tenants told apart. Its limits are its defaults but
those of what comes in. The binary is Cortex' own (`go build -tags "netgo slicelabels" ./cmd/cortex`).
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.filled_prometheus import Filled
from benchmarks.made_up_series import MadeUp, made_up
from benchmarks.output import progress
from benchmarks.remote_write import send
from patternwatch.kafka.dev.free_ports import free_port

_PER_REQUEST = 500
"""Series."""
_POINTS = 100
"""Of each series at once: Cortex takes nothing that is an hour older than the newest of a tenant."""
_READY_S = 60.0
_CONFIG = """
target: all
auth_enabled: true
server: {{http_listen_address: 127.0.0.1, http_listen_port: {http}, grpc_listen_address: 127.0.0.1,
  grpc_listen_port: {grpc}, log_level: warn}}
limits: {{ingestion_rate: 1e9, ingestion_burst_size: 1000000000}}
ingester:
  lifecycler:
    address: 127.0.0.1
    ring: {{kvstore: {{store: inmemory}}, replication_factor: 1}}
    min_ready_duration: 0s
blocks_storage:
  backend: filesystem
  filesystem: {{dir: {folder}/blocks}}
  tsdb: {{dir: {folder}/tsdb}}
  bucket_store: {{sync_dir: {folder}/sync}}
compactor: {{data_dir: {folder}/compactor, sharding_ring: {{kvstore: {{store: inmemory}}}}}}
store_gateway: {{sharding_ring: {{kvstore: {{store: inmemory}}, replication_factor: 1}}}}
alertmanager: {{external_url: "http://localhost/alertmanager", data_dir: {folder}/alertmanager}}
alertmanager_storage: {{backend: filesystem, filesystem: {{dir: {folder}/alertmanager-storage}}}}
ruler: {{rule_path: {folder}/rules, ring: {{kvstore: {{store: inmemory}}}}}}
ruler_storage: {{backend: filesystem, filesystem: {{dir: {folder}/rules-storage}}}}
"""


@contextmanager
def filled_cortex(
    binary: str, tenant: str, series: int, points: int, step_ms: int, changed_from: int | None = None
) -> Iterator[Filled]:
    """Start, write, yield, stop. The newest point is of now; see `made_up` for the others."""
    with tempfile.TemporaryDirectory() as place, _running(binary, Path(place)) as (url, pid):
        end_ms = time.time_ns() // 1_000_000 // step_ms * step_ms
        times_ms = [end_ms - k * step_ms for k in reversed(range(points))]
        names = _write(url, tenant, list(made_up(series, points, changed_from)), times_ms)
        progress(f"{series} series x {points} points written to Cortex")
        changed_ms = times_ms[-1] if changed_from is None else times_ms[changed_from]
        yield Filled(f"{url}/prometheus", times_ms[0], times_ms[-1], names, series, pid, changed_ms)


def _write(url: str, tenant: str, series: list[MadeUp], times_ms: list[int]) -> list[str]:
    kinds = {one.labels["__name__"]: one.kind for one in series}
    with httpx.Client(base_url=url, timeout=60) as client:
        for at in range(0, len(times_ms), _POINTS):
            times = times_ms[at : at + _POINTS]
            for first in range(0, len(series), _PER_REQUEST):
                some = series[first : first + _PER_REQUEST]
                rows = [(one.labels, one.values[at : at + _POINTS].tolist(), times) for one in some]
                send(client, "/api/v1/push", tenant, rows, {} if at or first else kinds)
    return list(kinds)


@contextmanager
def _running(binary: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Its address and process."""
    http, grpc = free_port(0), free_port(0)
    config = folder / "cortex.yml"
    config.write_text(_CONFIG.format(http=http, grpc=grpc, folder=folder))
    with (folder / "cortex.log").open("wb") as log:
        process = subprocess.Popen(
            [Path(binary).absolute(), f"-config.file={config}"], cwd=folder, stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{http}"
            _wait_until_ready(url, process, folder / "cortex.log")
            yield url, process.pid
        finally:
            process.kill()  # it would write its blocks first
            process.wait(20)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _READY_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/ready", timeout=1).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"Cortex was not ready within {_READY_S:g} s: {log.read_text()[-1000:]}")
