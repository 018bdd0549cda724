"""How many faults do the tests catch? `python -m benchmarks.mutants [--run] [--mutants DIR]`; `make mutants`.

mutmut changes the code of analysis/, detectors/, contracts/ and streams/consumer/ in one place at a time and
runs the tests that reach it. By room: mutants, those that a test caught, those that survived, and

caught_ROOM       the share that was caught, of those that were run
unexplained_ROOM  survivors that may do something else: those that `harmless_mutants` gives no reason for, and
                  that no test of today catches as far as `mutants_again` has tried

Mutants that ran into the time limit count as caught: they hang or are far slower. Decorated functions are not
mutated by mutmut: compiled kernels (their slow twins in tests/ compare them on random input), properties and
dataclasses' own methods. Without --run it reads what the last run left in mutants/ or in DIR.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harmless_mutants import KINDS, kind_of
from benchmarks.mutated_code import functions_in, original_of, plain_name
from benchmarks.output import Result, progress, run

ROOMS = ("analysis", "detectors", "contracts", "streams/consumer")
SURVIVED = 0
UNTESTED = (5, 33)
"""pytest's code for no tests, and mutmut's own for a function that no test reaches."""
TIMED_OUT = (24, 36, 152, 255, -24)
"""mutmut's codes of a mutant that was stopped."""
SINCE = "since.json"
"""What `benchmarks.mutants_again` leaves beside a run: what became of each survivor."""


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
    return Counter(outcome_of(code) for _, codes in _files(folder, room) for code in codes.values())


def survivors(folder: Path, room: str) -> dict[str, str | None]:
    """Each mutant that no test caught, and why that is harmless; `mutmut show NAME` prints one."""
    return {name: kind_of(plain_name(name), *texts) for name, texts in _alive(folder, room).items()}


def unexplained(folder: Path) -> dict[str, tuple[str, str]]:
    """Each mutant that no test caught and no row explains: the function's text before and after."""
    alive = {name: texts for room in ROOMS for name, texts in _alive(folder, room).items()}
    return {name: texts for name, texts in alive.items() if kind_of(plain_name(name), *texts) is None}


def _alive(folder: Path, room: str) -> dict[str, tuple[str, str]]:
    found = {}
    for file, codes in _files(folder, room):
        names = [name for name, code in codes.items() if outcome_of(code) in ("survived", "untested")]
        functions = functions_in(file) if names else {}
        for name in names:
            mutant = name.rpartition(".")[2]
            found[name] = (functions[original_of(mutant)], functions[mutant])
    return found


def _files(folder: Path, room: str) -> Iterator[tuple[Path, dict[str, int | None]]]:
    """Each mutated file of the room and its inner rooms, with the exit code by mutant."""
    for meta in sorted((folder / "patternwatch" / room).rglob("*.py.meta")):
        yield meta.with_suffix(""), json.loads(meta.read_text())["exit_code_by_key"]


def benchmark(arguments: argparse.Namespace) -> Result:
    """Count by room, and the survivors by the reason that makes them harmless; with --run mutate first."""
    if arguments.run:
        progress("mutating: about an hour on two cores")
        subprocess.run([sys.executable, "-m", "mutmut", "run"], stdout=sys.stderr, check=True)
    figures, rows = {}, []
    kinds: Counter[str] = Counter()
    file = arguments.mutants / SINCE
    since: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    for room in ROOMS:
        found = counted(arguments.mutants, room)
        of = found["caught"] + found["survived"] + found["untested"]
        if not of:
            continue
        alive = survivors(arguments.mutants, room)
        now = {name: kind or since.get(name, "survived") for name, kind in alive.items()}
        became = Counter(now.values())
        kinds.update(kind for kind in now.values() if kind in KINDS)
        left = sorted(name for name, what in now.items() if what == "survived")
        for name in left:
            progress(f"survived: {name}")
        figures[f"caught_{room.replace('/', '_')}"] = found["caught"] / of
        figures[f"unexplained_{room.replace('/', '_')}"] = len(left)
        rows.append(
            {
                "room": room,
                "mutants": of,
                **{k: found[k] for k in ("caught", "survived", "untested")},
                "harmless": sum(became[kind] for kind in KINDS),
                "caught since": became["caught"],
                "gone since": became["gone"],
                "not run": found["not run"],
            }
        )
    harmless = [{"harmless, since": why, "mutants": kinds[kind]} for kind, why in KINDS.items()]
    return {"figures": figures, "results": rows, "more": [harmless], "settings": {"rooms": ROOMS}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", action="store_true", help="run mutmut first (about an hour)")
    parser.add_argument(
        "--mutants", type=Path, default=Path("mutants"), help="folder that a run left (default: %(default)s)"
    )
    run(benchmark, parser)
