"""The figures of two folders of results side by side: `python -m benchmarks.compare BEFORE AFTER`.

Both folders hold what benchmarks print with `--json`, a file each; files of the same name are compared.
A table in Markdown goes to stdout: every number of `figures`, and with `--all` every number of `results`
too, with the ratio of after to before. With `--changed` rows that are equal to the digit are left out.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import orjson

Numbers: TypeAlias = dict[str, float]


def main() -> None:
    """Read the arguments, print the table; exits with 1 where the folders have no file in common."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path, help="folder of JSON files")
    parser.add_argument("after", type=Path, help="folder of JSON files")
    parser.add_argument("--all", action="store_true", help="the numbers of single rows too")
    parser.add_argument("--changed", action="store_true", help="only what is not equal to the digit")
    arguments = parser.parse_args()
    names = sorted({path.name for path in arguments.before.glob("*.json")})
    common = [name for name in names if (arguments.after / name).exists()]
    if not common:
        raise SystemExit(f"{arguments.before} and {arguments.after} have no .json file of the same name")
    lines = ["| benchmark | figure | before | after | after / before |", "|---|---|---|---|---|"]
    for name in common:
        before, after = (
            numbers(_read(folder / name), arguments.all) for folder in (arguments.before, arguments.after)
        )
        lines += rows(name.removesuffix(".json"), before, after, arguments.changed)
    sys.stdout.write("\n".join(lines) + "\n")


def _read(path: Path) -> dict[str, Any]:
    try:
        result: dict[str, Any] = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise SystemExit(f"{path} is not the output of a benchmark with --json: {error}") from error
    return result


def numbers(result: Mapping[str, Any], with_rows: bool = False) -> Numbers:
    """The figures by name; with rows, theirs by the words of the row and the column.

    >>> row = {"detector": "ours", "at": "0.01", "caught": 0.5}
    >>> numbers({"figures": {"ours_caught": 0.7}, "results": [row]}, with_rows=True)
    {'ours_caught': 0.7, 'ours 0.01: caught': 0.5}
    """
    found = dict(_numeric(result.get("figures") or {}))
    if with_rows:
        for row in result.get("results") or []:
            words = " ".join(value for value in row.values() if isinstance(value, str))
            found |= {f"{words}: {name}": value for name, value in _numeric(row)}
    return found


def _numeric(row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in row.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield name, value


def rows(benchmark: str, before: Numbers, after: Numbers, only_changed: bool = False) -> list[str]:
    """One line of the table for every name of either side.

    >>> rows("kernels", {"ks_us": 2.0}, {"ks_us": 3.0})
    ['| kernels | `ks_us` | 2 | 3 | 1.5 |']
    >>> rows("kernels", {"ks_us": 2.0}, {"ks_us": 2.0}, only_changed=True)
    []
    """
    lines = []
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if only_changed and old == new:
            continue
        lines.append(f"| {benchmark} | `{name}` | {_shown(old)} | {_shown(new)} | {_ratio(old, new)} |")
    return lines


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _ratio(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return ""
    if before == after:
        return "="
    return f"{after / before:.3g}" if before else ""


if __name__ == "__main__":
    main()
