"""How fast windows come over the wire, against what they could cost and what others cost.

    python -m benchmarks.fetch --series 10000 --points 480 [--rounds 5] [--json]
    python -m benchmarks.fetch --only count [--series 500000 --points 8] [--json]

A real Prometheus on this machine is filled and read, in shards of about 1,000 series with two in flight,
by every way in turn, round after round; a figure is the ratio of two medians of one run.

samples_cpu_over_floor    client CPU of SAMPLES into flat arrays of times and values with their labels, over
                          reading and decompressing the same bytes
grid_cpu_over_floor       the same onto the window's grid, as all walls below
samples_over_query_range  wall of SAMPLES, over query_range and json.loads
samples_over_protobuf     wall of SAMPLES, over SAMPLES by the protobuf library
xor_over_samples          wall of STREAMED_XOR_CHUNKS, over SAMPLES
peak_over_array           memory above the start while SAMPLES are read, over the bytes of the grid's values
count_over_fetch          wall of counting all series by metric name, of a source that remembers nothing, over
                          fetching their shards as a worker does (by the best way, derived, on the grid)
count_s, count_server_megabytes
                          with --only count: seconds of it, and what the server's own memory rises by
                          (RssAnon, looked at every 20 ms): what the count makes it hold
count_server_rss_megabytes
                          the same with the pages of its files that it has mapped (VmHWM): they are the
                          system's to take back, and anything that reads the index maps them
tail_over_full            wall of the last 60 s over the whole window, both by SAMPLES (the kind of Cortex)
tail_over_chunks          the same tail over the whole window by STREAMED_XOR_CHUNKS
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np
import orjson

from benchmarks import fetch_ways as ways
from benchmarks.filled_prometheus import STEP_MS, Filled, filled
from benchmarks.output import Result, progress, run
from benchmarks.process_memory import Highest, forget_highest, status_bytes
from patternwatch.contracts.matchers import Matcher, Matchers
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.wire import ResponseType

SHARD_NAMES = 10
MAX_FETCHED = 20_000
"""Series up to which what is counted alone is fetched as well."""
TAIL_MS = 60_000
SAMPLES = ways.remote_read(ResponseType.SAMPLES)
CHUNKS = ways.remote_read(ResponseType.STREAMED_XOR_CHUNKS)
DEFAULT = ways.remote_read()
WAYS: dict[str, ways.Way] = {
    "floor: read and decompress": ways.floor,
    "samples, flat": ways.samples_flat,
    "samples": SAMPLES,
    "chunks": CHUNKS,
    "protobuf library": ways.protobuf,
    "query_range and json.loads": ways.query_range,
}
COUNT, FETCH = "count", "fetch, as a worker"
EVERYTHING = (Matcher(name="__name__", op="=~", value=".+"),)
TAILS: dict[str, ways.Way] = {"tail": DEFAULT, "tail by chunks": CHUNKS}


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=480)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=[COUNT], help="of all this, count_over_fetch alone")
    parser.add_argument("--peak-of", default="", help=argparse.SUPPRESS)  # the subprocess for memory
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    if arguments.peak_of:
        return {"figures": asyncio.run(_peak(Filled(**orjson.loads(arguments.peak_of))))}
    if arguments.only:
        return _count_alone(arguments)
    with filled(arguments.series, arguments.points) as server:
        rounds = asyncio.run(_rounds(server, arguments.rounds))
        peak = _peak_in_a_process_of_its_own(server)
    wall = {name: statistics.median(r[name]["wall_s"] for r in rounds) for name in rounds[0]}
    cpu = {name: statistics.median(r[name]["cpu_s"] for r in rounds) for name in rounds[0]}
    return {
        "figures": {
            "samples_cpu_over_floor": cpu["samples, flat"] / cpu["floor: read and decompress"],
            "grid_cpu_over_floor": cpu["samples"] / cpu["floor: read and decompress"],
            "samples_over_query_range": wall["samples"] / wall["query_range and json.loads"],
            "samples_over_protobuf": wall["samples"] / wall["protobuf library"],
            "xor_over_samples": wall["chunks"] / wall["samples"],
            "peak_over_array": peak["peak_bytes"] / peak["array_bytes"],
            "count_over_fetch": wall[COUNT] / wall[FETCH],
            "tail_over_full": wall["tail"] / wall["samples"],
            "tail_over_chunks": wall["tail"] / wall["chunks"],
        },
        "results": [{"way": name, "wall_s": wall[name], "client_cpu_s": cpu[name]} for name in wall],
        "settings": {"series": arguments.series, "points": arguments.points, "rounds": arguments.rounds},
    }


def _count_alone(arguments: argparse.Namespace) -> Result:
    """Counting by itself, and what the server's memory rises by; of few series over fetching them as well."""
    with filled(arguments.series, arguments.points) as server:
        rounds, own, resident = asyncio.run(_counts(server, arguments.rounds))
    took = {way: statistics.median(r[way]["wall_s"] for r in rounds) for way in rounds[0]}
    figures = {
        "count_s": took[COUNT],
        "count_server_megabytes": own / 1e6,
        "count_server_rss_megabytes": resident / 1e6,
    }
    if FETCH in took:
        figures["count_over_fetch"] = took[COUNT] / took[FETCH]
    return {
        "figures": figures,
        "results": [{"round": n + 1, **{way: r[way]["wall_s"] for way in r}} for n, r in enumerate(rounds)],
        "settings": {"series": arguments.series, "points": arguments.points, "rounds": arguments.rounds},
    }


async def _counts(server: Filled, rounds: int) -> tuple[list[dict[str, dict[str, float]]], int, int]:
    """Rounds, and bytes of the server's own and resident memory at the highest, above its idle."""
    shards, window = _shards(server), _window(server)
    idle = {field: status_bytes(server.pid, field) for field in ("RssAnon", "VmRSS")}
    own = resident = 0
    measured = []
    for n in range(rounds):
        forget_highest(server.pid)
        with Highest(server.pid, "RssAnon") as highest:
            took = await _counted_and_fetched(server, [], window)
        own = max(own, highest.bytes)
        resident = max(resident, status_bytes(server.pid, "VmHWM"))
        if server.series <= MAX_FETCHED:
            took = await _counted_and_fetched(server, shards, window)
        progress(f"round {n + 1}: " + ", ".join(f"{k} {v['wall_s']:.2f} s" for k, v in took.items()))
        measured.append(took)
    return measured, own - idle["RssAnon"], resident - idle["VmRSS"]


async def _rounds(server: Filled, rounds: int) -> list[dict[str, dict[str, float]]]:
    """Wall and client CPU seconds by way, for each round; a round before that warms up and compares."""
    reader = ways.Reader(server.url)
    shards, full = _shards(server), _window(server)
    tail = Window(
        start_ms=server.end_ms - TAIL_MS, split_ms=server.end_ms, end_ms=server.end_ms, step_ms=STEP_MS
    )
    await _compare(reader, shards[:1], full)
    for way in TAILS.values():
        await reader.read(way, shards, tail)
    measured = []
    for n in range(rounds):
        row = {}
        for name, way in (*WAYS.items(), *TAILS.items()):
            wall, cpu = time.perf_counter(), time.process_time()
            await reader.read(way, shards, tail if name in TAILS else full, keep=False)
            row[name] = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
        row |= await _counted_and_fetched(server, shards, full)
        progress(f"round {n + 1}: " + ", ".join(f"{k} {v['wall_s']:.2f} s" for k, v in row.items()))
        measured.append(row)
    await reader.client.aclose()
    return measured


async def _counted_and_fetched(
    server: Filled, shards: list[Matchers], window: Window
) -> dict[str, dict[str, float]]:
    """Wall and client CPU seconds of a first count, as the planner makes it, and of fetching every shard."""
    settings = SourceSettings(url=server.url, timeout_s=300.0)
    source, gate = PrometheusSource(settings), asyncio.Semaphore(settings.concurrency)

    async def fetch(shard: Matchers) -> int:
        async with gate:
            return len(await source.fetch(ways.TENANT, shard, window))

    took = {}
    wall, cpu = time.perf_counter(), time.process_time()
    counts = await source.count(ways.TENANT, EVERYTHING, window)
    took[COUNT] = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    if not shards:
        await source.close()
        if sum(counts.values()) != server.series:
            raise SystemExit(f"{sum(counts.values())} of {server.series} series were counted")
        return took
    wall, cpu = time.perf_counter(), time.process_time()
    fetched = sum(await asyncio.gather(*(fetch(shard) for shard in shards)))
    took[FETCH] = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    await source.close()
    if not fetched == sum(counts.values()) > 0:
        raise SystemExit(f"{sum(counts.values())} series were counted, and {fetched} fetched")
    return took


async def _compare(reader: ways.Reader, shards: list[Matchers], window: Window) -> None:
    """Every way gives the same values, or the figures mean nothing."""
    expected = (await reader.read(ways.query_range, shards, window))[0]
    for name, way in WAYS.items():
        for grid in await reader.read(way, shards, window):
            if not np.array_equal(np.sort(grid, axis=0), np.sort(expected, axis=0), equal_nan=True):
                raise SystemExit(f"{name} gives other values than query_range")


async def _peak(server: Filled) -> dict[str, float]:
    """Bytes of resident memory that reading takes above what the process held before, and the grid's."""
    reader, shards, window = ways.Reader(server.url), _shards(server), _window(server)
    await reader.read(SAMPLES, shards[:1], window)
    before = status_bytes("self", "VmRSS")
    forget_highest("self")
    grids = await reader.read(SAMPLES, shards, window)
    peak = status_bytes("self", "VmHWM") - before
    await reader.client.aclose()
    return {"peak_bytes": peak, "array_bytes": sum(grid.nbytes for grid in grids)}


def _peak_in_a_process_of_its_own(server: Filled) -> dict[str, float]:
    given = orjson.dumps(server).decode()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.fetch", "--json", "--peak-of", given],
        stdout=subprocess.PIPE,
        check=True,
    )
    figures: dict[str, float] = orjson.loads(done.stdout)["figures"]
    return figures


def _shards(server: Filled) -> list[Matchers]:
    names: list[Any] = server.names
    groups = [names[i : i + SHARD_NAMES] for i in range(0, len(names), SHARD_NAMES)]
    return [(Matcher(name="__name__", op="=~", value="|".join(group)),) for group in groups]


def _window(server: Filled) -> Window:
    start, end = server.start_ms, server.end_ms
    return Window(start_ms=start, split_ms=(start + end) // 2, end_ms=end, step_ms=STEP_MS)


if __name__ == "__main__":
    main()
