"""Run every benchmark and write benchmarks/README.md: `make bench`.

Benchmarks that need data which is not in the repository are run where PATTERNWATCH_BENCH_DATA names its
folder, and are named as left out where it does not.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


@dataclass(frozen=True)
class Benchmark:
    """One command of the table; `{data}` in it stands for the folder of the external data."""

    title: str
    arguments: tuple[str, ...]

    @property
    def needs_data(self) -> bool:
        """Whether it needs data from outside the repository."""
        return any("{data}" in a for a in self.arguments)


BENCHMARKS = (
    Benchmark(
        "Recorded incidents of our own: where the injected service ranks", ("ranking", "examples/incidents")
    ),
    Benchmark(
        "Windows over the wire, beside what they could cost and what others cost",
        ("fetch", "--series", "10000", "--points", "480"),
    ),
    Benchmark("From the command to the report, and from the alert to the report", ("demo",)),
    Benchmark("Normal windows flagged, abnormal ones caught", ("filter", "{data}/series/windows_dev.npz")),
    Benchmark(
        "Shapes on real charts labelled by eye",
        ("shapes", "{data}/shapes/real_shapes_dev.npz", "--peers"),
    ),
    Benchmark("How fast and how large naming shapes is", ("classify",)),
    Benchmark(
        "Shapes that the network never saw, taught from five examples",
        ("teach", "{data}/shapes/real_shapes_dev.npz"),
    ),
)


def main() -> None:
    """Run all, write the page."""
    data = os.environ.get("PATTERNWATCH_BENCH_DATA", "")
    parts = [
        "# Figures",
        "",
        "Written by `make bench`; each part names its command. Machines are noisy: compare the ratios.",
    ]
    for benchmark in BENCHMARKS:
        parts += ["", f"## {benchmark.title}", ""]
        command = ["-m", f"benchmarks.{benchmark.arguments[0]}", *benchmark.arguments[1:], "--json"]
        parts += [f"`python {' '.join(command)}`", ""]
        if benchmark.needs_data and not data:
            parts.append("Not run: it needs data that is not in the repository (PATTERNWATCH_BENCH_DATA).")
            continue
        resolved = [part.replace("{data}", data) for part in command]
        done = subprocess.run([sys.executable, *resolved], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        parts += _tables(orjson.loads(done.stdout))
    (HERE / "README.md").write_text("\n".join(parts) + "\n")


def _tables(result: dict[str, Any]) -> list[str]:
    lines = ["| figure | value |", "|---|---|"]
    lines += [f"| `{name}` | {_shown(value)} |" for name, value in result["figures"].items()]
    rows = result.get("results") or []
    if rows:
        columns = [name for name in rows[0] if not isinstance(rows[0][name], dict | list)]
        lines += ["", "| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
        lines += ["| " + " | ".join(_shown(row.get(c)) for c in columns) + " |" for row in rows]
    return [*lines, "", "Versions: " + ", ".join(f"{k} {v}" for k, v in result["versions"].items())]


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
