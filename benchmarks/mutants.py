"""How many faults do the tests catch? `python -m benchmarks.mutants [--json] [--run]` (`make mutants`).

mutmut changes the code of analysis/, detectors/, contracts/ and streams/consumer/ in one place at a time and
runs the tests that reach it. By room: mutants, those that a test caught, those that survived, and

caught_ROOM  the share that was caught, of those that were run

Mutants that ran into the time limit count as caught: they hang or are far slower. Decorated functions are not
mutated by mutmut: compiled kernels (their slow twins in tests/ compare them on random input), properties and
dataclasses' own methods. Without --run it reads what the last run left in mutants/.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from benchmarks.output import Result, progress, run

FOLDER = Path("mutants")
ROOMS = ("analysis", "detectors", "contracts", "streams/consumer")
SURVIVED = 0
UNTESTED = (5, 33)
"""pytest's code for no tests, and mutmut's own for a function that no test reaches."""
TIMED_OUT = (24, 36, 152, 255, -24)
"""mutmut's codes of a mutant that was stopped."""


def outcome_of(exit_code: int | None) -> str:
    """What became of a mutant, by the exit code of its tests.

    >>> [outcome_of(code) for code in (1, 0, 33, 36, None)]
    ['caught', 'survived', 'untested', 'caught', 'not run']
    """
    if exit_code is None:
        return "not run"
    if exit_code == SURVIVED:
        return "survived"
    return "untested" if exit_code in UNTESTED else "caught"


def counted(folder: Path, room: str) -> Counter[str]:
    """Outcomes of the mutants of this room, from the files that mutmut left."""
    found: Counter[str] = Counter()
    for meta in sorted((folder / "patternwatch" / room).glob("*.py.meta")):
        codes = json.loads(meta.read_text())["exit_code_by_key"]
        found.update(outcome_of(code) for code in codes.values())
    return found


def survivors(folder: Path) -> list[str]:
    """The names of the mutants that no test caught; `mutmut show NAME` prints one."""
    return sorted(
        name
        for room in ROOMS
        for meta in (folder / "patternwatch" / room).glob("*.py.meta")
        for name, code in json.loads(meta.read_text())["exit_code_by_key"].items()
        if outcome_of(code) in ("survived", "untested")
    )


def benchmark(arguments: argparse.Namespace) -> Result:
    """Count by room; with --run mutate first."""
    if arguments.run:
        progress("mutating: about an hour on two cores")
        subprocess.run([sys.executable, "-m", "mutmut", "run"], stdout=sys.stderr, check=True)
    figures, rows = {}, []
    for room in ROOMS:
        found = counted(FOLDER, room)
        of = found["caught"] + found["survived"] + found["untested"]
        if not of:
            continue
        share = found["caught"] / of
        figures[f"caught_{room.replace('/', '_')}"] = share
        rows.append(
            {
                "room": room,
                "mutants": of,
                **{k: found[k] for k in ("caught", "survived", "untested", "not run")},
            }
        )
    for name in survivors(FOLDER):
        progress(f"survived: {name}")
    return {"figures": figures, "results": rows, "settings": {"rooms": ROOMS}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", action="store_true", help="run mutmut first (about an hour)")
    run(benchmark, parser)
