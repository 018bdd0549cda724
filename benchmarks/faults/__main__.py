"""`python -m benchmarks.faults`: exit code 0 where it passes, 1 where it fails, 2 where it is unknown."""

import argparse
import asyncio
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import benchmarks.faults
from benchmarks.faults.run import Pace, run_lab
from benchmarks.faults.scenarios import SCENARIOS, show
from benchmarks.faults.schedule import BY_NAME, schedule, usual_gap_s
from benchmarks.faults.source import fake_source
from benchmarks.faults.verdict import EXIT_CODES, checked, result_of
from benchmarks.output import Result, progress, run

_verdicts: list[str] = []


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=benchmarks.faults.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=3.0, help="of faults")
    parser.add_argument("--seed", type=int, default=1, help="of the schedule")
    parser.add_argument("--per-s", type=float, default=2.6, help="attempts a second")
    parser.add_argument(
        "--alerts", type=int, default=32, help="further alerts of one trouble that follow each by webhook"
    )
    parser.add_argument(
        "--kinds", nargs="*", default=[], choices=list(BY_NAME), help="of faults; all by default"
    )
    parser.add_argument(
        "--gap-s",
        type=float,
        help="from the end of a fault to the next, on average: 3, from ten minutes on 12",
    )
    parser.add_argument("--keep", type=Path, help="folder for ledger, logs and data, to be looked at")
    parser.add_argument("--scenario", choices=list(SCENARIOS), help="show one bug that was found, instead")
    name = parser.parse_known_args()[0].scenario
    if name is not None:
        sys.exit(show(name))
    run(_benchmark, parser)
    sys.exit(EXIT_CODES[_verdicts[-1]])


def _benchmark(arguments: argparse.Namespace) -> Result:
    length_s = arguments.minutes * 60
    gap_s = usual_gap_s(length_s) if arguments.gap_s is None else arguments.gap_s
    planned = schedule(arguments.seed, length_s, arguments.kinds, gap_s)
    if arguments.keep:
        if arguments.keep.exists():
            sys.exit(f"--keep {arguments.keep}: it is there already; name a new folder")
        arguments.keep.mkdir(parents=True)
    place = (
        nullcontext(str(arguments.keep)) if arguments.keep else tempfile.TemporaryDirectory(prefix="faults-")
    )
    with place as folder, fake_source() as source:
        pace = Pace(arguments.per_s, arguments.alerts)
        outcome = asyncio.run(run_lab(source, Path(folder), planned, length_s, pace, arguments.seed))
        found = checked(outcome, planned, length_s)
        result = result_of(outcome, found)
    result["settings"] = {
        "minutes": arguments.minutes,
        "seed": arguments.seed,
        "per_s": arguments.per_s,
        "alerts": arguments.alerts,
        "kinds": arguments.kinds,
        "gap_s": gap_s,
    }
    _verdicts.append(found.verdict)
    progress(
        f"verdict: {found.verdict}" + (f", not reached: {', '.join(found.missing)}" if found.missing else "")
    )
    return result


if __name__ == "__main__":
    main()
