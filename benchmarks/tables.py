"""Run benchmarks and write their figures into benchmarks/README.md and docs: `make bench`.

    python -m benchmarks.tables [NAME ...]

Without names every benchmark is run; with names only those, and the rest of the page stays. Two kinds of
data are not in the repository: PATTERNWATCH_BENCH_DATA names the folder of labelled series and shapes,
PATTERNWATCH_BENCH_INCIDENTS one of public incidents as bundles. What cannot run without them stays as
it was, too.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from benchmarks.output import progress

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PLACES = {"{data}": "PATTERNWATCH_BENCH_DATA", "{incidents}": "PATTERNWATCH_BENCH_INCIDENTS"}

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Excerpt:
    """A part of the rows that stands in a document too, between `<!-- figures: NAME -->` and its end."""

    document: str
    columns: tuple[str, ...]
    wanted: Callable[[Row], bool]


@dataclass(frozen=True)
class Benchmark:
    """One command of the page; `{data}` and `{incidents}` in it stand for folders of external data."""

    name: str
    title: str
    arguments: tuple[str, ...]
    excerpt: Excerpt | None = None


def _by_service(row: Row) -> bool:
    return bool(row["level"] == "service" and (row["source"] == "macro" or row["method"] == "ours"))


def _macro(row: Row) -> bool:
    return bool(row["source"] == "macro")


BENCHMARKS = (
    Benchmark(
        "own-incidents",
        "Recorded incidents of our own: where the injected service ranks",
        ("ranking", "examples/incidents"),
    ),
    Benchmark(
        "incidents",
        "Public incidents: where the injected service ranks",
        ("ranking", "{incidents}", "--without-peers"),
        Excerpt("docs/method.md", ("setting", "source", "method", "ac1", "ac3", "avg5", "n"), _by_service),
    ),
    Benchmark(
        "fetch",
        "Windows over the wire, beside what they could cost and what others cost",
        ("fetch", "--series", "10000", "--points", "480"),
    ),
    Benchmark("demo", "From the command to the report, and from the alert to the report", ("demo",)),
    Benchmark("end-to-end", "From the alert to the report, over 10,000 series", ("end_to_end",)),
    Benchmark(
        "kernels", "One series of the analysis, beside scipy's loop and the floor of sorting", ("kernels",)
    ),
    Benchmark(
        "filter",
        "Normal windows flagged, abnormal ones caught",
        (
            "filter",
            "{data}/series/windows_dev.npz",
            "--series",
            "{data}/series",
            "--incidents",
            "{incidents}/late0-noise0",
        ),
        Excerpt("docs/method.md", ("detector", "at", "false_flags", "caught"), _macro),
    ),
    Benchmark(
        "shapes",
        "Shapes on real charts labelled by eye",
        ("shapes", "{data}/shapes/real_shapes_dev.npz", "--peers"),
    ),
    Benchmark("classify", "How fast and how large naming shapes is", ("classify",)),
    Benchmark(
        "teach",
        "Shapes that the network never saw, taught from five examples",
        ("teach", "{data}/shapes/real_shapes_dev.npz"),
    ),
)


def main() -> None:
    """Run what is asked for, write the pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[b.name for b in BENCHMARKS] or None)
    names = parser.parse_args().names
    page = HERE / "README.md"
    for benchmark in BENCHMARKS:
        if names and benchmark.name not in names:
            continue
        command = ["-m", f"benchmarks.{benchmark.arguments[0]}", *benchmark.arguments[1:], "--json"]
        resolved = [_resolved(part) for part in command]
        if None in resolved:
            progress(f"{benchmark.name}: left as it was, {' or '.join(PLACES.values())} is not set")
            continue
        done = subprocess.run(
            [sys.executable, *(str(part) for part in resolved)], cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        result = orjson.loads(done.stdout)
        text = [f"## {benchmark.title}", "", f"`python {' '.join(command)}`", "", *_tables(result)]
        fill(page, benchmark.name, text)
        if benchmark.excerpt:
            rows = [row for row in result["results"] if benchmark.excerpt.wanted(row)]
            fill(ROOT / benchmark.excerpt.document, benchmark.name, _table(rows, benchmark.excerpt.columns))


def _resolved(part: str) -> str | None:
    for place, variable in PLACES.items():
        if place in part:
            folder = os.environ.get(variable)
            return part.replace(place, folder) if folder else None
    return part


def fill(page: Path, name: str, lines: list[str]) -> None:
    """Put the lines between the marks of this name; raises SystemExit where the page has no such marks."""
    begin, end = f"<!-- figures: {name} -->", f"<!-- end: {name} -->"
    text = page.read_text()
    if begin not in text or end not in text:
        raise SystemExit(f"{page.name} has no place for these figures: add {begin} and {end}")
    between = re.compile(re.escape(begin) + ".*" + re.escape(end), re.DOTALL)
    page.write_text(between.sub(lambda _: "\n".join([begin, *lines, end]), text))
    progress(f"{name}: written to {page.relative_to(ROOT)}")


def _tables(result: Row) -> list[str]:
    lines = ["| figure | value |", "|---|---|"]
    lines += [f"| `{name}` | {_shown(value)} |" for name, value in result["figures"].items()]
    rows = result.get("results") or []
    if rows:
        lines += ["", *_table(rows, [n for n in rows[0] if not isinstance(rows[0][n], dict | list)])]
    return [*lines, "", "Versions: " + ", ".join(f"{k} {v}" for k, v in result["versions"].items())]


def _table(rows: list[Row], columns: list[str] | tuple[str, ...]) -> list[str]:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return lines + ["| " + " | ".join(_shown(row.get(c)) for c in columns) + " |" for row in rows]


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
