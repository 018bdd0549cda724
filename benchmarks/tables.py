"""Run benchmarks and write their figures into benchmarks/README.md and docs: `make bench`.

    python -m benchmarks.tables [NAME ...]

Without names every benchmark is run; with names only those, and the rest of the page stays. `--from FOLDER`
runs nothing and writes what was measured before (NAME.json, as `--json` prints it). Data that are not in the
repository: PATTERNWATCH_BENCH_DATA names the folder of labelled series and shapes,
PATTERNWATCH_BENCH_INCIDENTS one of public incidents as bundles, PATTERNWATCH_BENCH_ROLLOUTS one of defective
releases; PATTERNWATCH_BENCH_CORTEX a Cortex, the program. What cannot run without them stays as it was.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import cast

import orjson

from benchmarks.output import progress
from benchmarks.registry import BENCHMARKS, Benchmark, Row

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PLACES = {
    "{data}": "PATTERNWATCH_BENCH_DATA",
    "{incidents}": "PATTERNWATCH_BENCH_INCIDENTS",
    "{rollouts}": "PATTERNWATCH_BENCH_ROLLOUTS",
    "{cortex}": "PATTERNWATCH_BENCH_CORTEX",
}


def main() -> None:
    """Run what is asked for, write the pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(b.name for b in BENCHMARKS))
    parser.add_argument(
        "--from", dest="folder", type=Path, help="write NAME.json of this folder, run nothing"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - {b.name for b in BENCHMARKS}:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    for benchmark in BENCHMARKS:
        if arguments.names and benchmark.name not in arguments.names:
            continue
        result = _recorded(arguments.folder, benchmark) if arguments.folder else _measured(benchmark)
        if result is not None:
            write(benchmark, result)


def _command(benchmark: Benchmark) -> list[str]:
    return ["-m", f"benchmarks.{benchmark.arguments[0]}", *benchmark.arguments[1:], "--json"]


def _measured(benchmark: Benchmark) -> Row | None:
    """Run it; None where its data are not there."""
    resolved = [_resolved(part) for part in _command(benchmark)]
    if None in resolved:
        progress(f"{benchmark.name}: left as it was, {' or '.join(PLACES.values())} is not set")
        return None
    command = [sys.executable, *(str(part) for part in resolved)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return cast("Row", orjson.loads(done.stdout))


def _recorded(folder: Path, benchmark: Benchmark) -> Row | None:
    """What an earlier run of its command printed; None where that is not in the folder."""
    file = folder / f"{benchmark.name}.json"
    return cast("Row", orjson.loads(file.read_bytes())) if file.exists() else None


def write(benchmark: Benchmark, result: Row) -> None:
    """Write a result into the page, and its excerpt into the document that has one.

    The first excerpt is of the rows, and of the figures where there are no rows.
    """
    command = f"`python {' '.join(_command(benchmark))}`"
    fill(HERE / "README.md", benchmark.name, [f"## {benchmark.title}", "", command, "", *_tables(result)])
    listed = [{"figure": name, "value": value} for name, value in result["figures"].items()]
    tables = [result.get("results") or listed] if benchmark.excerpt else []
    tables += result.get("more", [])
    for (name, excerpt), table in zip(benchmark.excerpts().items(), tables, strict=False):
        rows = [row for row in table if excerpt.wanted(row)]
        fill(ROOT / excerpt.document, name, _table(rows, excerpt.columns))


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
    for rows in filter(None, (result.get("results"), *result.get("more", []))):
        lines += ["", *_table(rows, [n for n in rows[0] if not isinstance(rows[0][n], dict | list)])]
    return [*lines, "", "Versions: " + ", ".join(f"{k} {v}" for k, v in result["versions"].items())]


def _table(rows: list[Row], columns: list[str] | tuple[str, ...]) -> list[str]:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return lines + ["| " + " | ".join(_shown(row.get(c)) for c in columns) + " |" for row in rows]


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
