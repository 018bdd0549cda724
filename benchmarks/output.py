"""What every benchmark prints: one JSON object, or the same as a table."""

import argparse
import importlib.metadata
import platform
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

import orjson
from rich.console import Console
from rich.table import Table

from patternwatch.contracts.settings import LogSettings
from patternwatch.logs import configure_logs

Result = dict[str, Any]
_LIBRARIES = ("numpy", "scipy", "numba", "onnxruntime", "faust-streaming", "aiokafka")


def run(benchmark: Callable[[argparse.Namespace], Result], parser: argparse.ArgumentParser) -> None:
    """Run a benchmark and print what it returns: `figures` (name to number), `results` (rows), `settings`.

    `more` may hold further tables, each a list of rows.
    Progress belongs on stderr (`progress`); stdout holds the result only.
    """
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    arguments = parser.parse_args()
    configure_logs(LogSettings(level="warning"))
    signal.signal(signal.SIGTERM, _end)
    started = time.perf_counter()
    result = benchmark(arguments)
    result["versions"] = {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in _LIBRARIES
    }
    result["seconds"] = round(time.perf_counter() - started, 1)
    if arguments.json:
        sys.stdout.write(
            orjson.dumps(result, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_INDENT_2).decode()
        )
        sys.stdout.write("\n")
    else:
        _print(result)


def _end(*_: object) -> NoReturn:
    """Leave as by an error, so that whatever was started is ended on the way out."""
    sys.exit(128 + signal.SIGTERM)


def progress(text: str) -> None:
    """Say on stderr how far it has come."""
    sys.stderr.write(text + "\n")


def _print(result: Result) -> None:
    console = Console(highlight=False)
    figures = Table("figure", "value")
    for name, value in result.get("figures", {}).items():
        figures.add_row(name, _shown(value))
    console.print(figures)
    for rows in filter(None, (result.get("results"), *result.get("more", []))):
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*(_shown(v) for v in row.values()))
        console.print(table)


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
