"""What always on costs, how quiet it is, and how soon it sees a fault: `python -m benchmarks.watch [--json]`.

    python -m benchmarks.watch [--only cost,quiet] [--series 10000] [--days 10] [--seeds 100,101,102] [--json]

cost      CPU of a tick, the reading of the source not in it
  tick_100k_s, tick_100k_worst_s, tick_100k_mean_s   median, highest and mean of a block's ticks of 100,000
  bytes_per_series      of all arrays
  growth_over_linear    a series' part of a tick of 250,000 over that of 10,000
  river_adwin_100k_s, river_pagehinkley_100k_s       River's objects in a loop, for the same points
tail      CPU of a whole tick over a real Prometheus: read, decoded, put in the ring, derived, judged
  tick_whole_100k_s     median; its parts are tick_read_, decode_, add_, derive_, bank_100k_s
  tick_server_100k_s    CPU of the server meanwhile
quiet     days of generated clusters without a fault; each opening is listed with what it was
  false_per_10k_week    openings for 10,000 series and a week
  quiet_week_reports    the most in one week of a system as small as the demo's, left alone
sharp     days full of faults of such clusters, at the same bar; the hurt service among the first three
  all_3, all_12         part of the faults that users see, opened within 3 and 12 ticks
  felt_3, felt_12       of those whose failures or latency at least double, or of whose requests half get
                        through, on a service of .5 requests a second or more: from the row on of which that
                        is true (a leak or a queue takes minutes until then); felt is how many these are
  first                 of those opened, the hurt service is the first
  kills_3               of plain kills, within 3 ticks
  resource_10           of those that only take resources, within 10 ticks
  besides               openings while there was no fault
recorded  incidents of examples/, learned up to 50 rows before the fault
  recorded_3, recorded_opened                        opened within 3 ticks, opened at all
  recorded_named_3      opened within 3 ticks, and the report names the culprit among the first three
  recorded_second, recorded_false                    openings too many, and in quiet rows or controls
labelled  real series of PATTERNWATCH_BENCH_DATA (folder `series`), the mean over the sources
  caught                of the labelled stretches, at .05 false openings a series and day
  caught_over_river, caught_over_z                   over the best of River's three, and over a z-score
failover  two workers over a real Kafka and a real Prometheus, one killed every 20 rows, for 240 rows
  failover_wrong        troubles without a report, with a second one or one left open, and reports without
  failover_kills        workers that were killed
second    pairs of faults, ten minutes apart, of clusters of 1,000 series
  second_cause_told     part of the later ones that are told, whether the first one goes on or not
  second_cause_again    openings too many: a third one of a pair, a second one of a fault that only grows
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.output import Result, progress, run
from benchmarks.watch.cost import LARGEST, SIZES, cost
from benchmarks.watch.failover import failover
from benchmarks.watch.labelled import MAX_SERIES, labelled
from benchmarks.watch.pictures import draw_openings
from benchmarks.watch.quiet import FalseOpening, quiet, quiet_weeks
from benchmarks.watch.recorded import FOLDERS, recorded, replayed
from benchmarks.watch.second import second_causes
from benchmarks.watch.sharp import sharp
from benchmarks.watch.tail import tail_cost

DATA = "PATTERNWATCH_BENCH_DATA"
Part = Callable[[argparse.Namespace], tuple[Result, list[Result]]]


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", type=_names, default=tuple(PARTS), help=", ".join(PARTS))
    parser.add_argument("--series", type=int, default=10_000, help="of a generated cluster")
    parser.add_argument("--days", type=int, default=10, help="judged days of each seed, after a week")
    parser.add_argument("--seeds", type=_numbers, default=[100, 101, 102], help="of the generated clusters")
    parser.add_argument("--fault-days", type=int, default=2, help="days full of faults of each seed")
    parser.add_argument("--largest", type=int, default=LARGEST, help="series of the largest tick")
    parser.add_argument("--tail-series", type=int, default=100_000, help="of the real Prometheus")
    parser.add_argument("--labelled-series", type=int, default=MAX_SERIES, help="of each source")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each false opening")
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    figures, tables = dict[str, object](), {name: list[Result]() for name in PARTS}
    for name in arguments.only:
        progress(f"{name} ...")
        found, tables[name] = PARTS[name](arguments)
        figures |= found
    settings = {name: getattr(arguments, name) for name in ("only", "series", "days", "seeds", "fault_days")}
    return {"figures": figures, "more": list(tables.values()), "settings": settings}


def _cost(arguments: argparse.Namespace) -> tuple[Result, list[Result]]:
    return cost(SIZES, arguments.largest)


def _tail(arguments: argparse.Namespace) -> tuple[Result, list[Result]]:
    return tail_cost(arguments.tail_series)


def _quiet(arguments: argparse.Namespace) -> tuple[Result, list[Result]]:
    fault_days = arguments.fault_days if "sharp" in arguments.only else 0
    figures, rows, found = quiet(arguments.series, arguments.days, arguments.seeds, fault_days)
    if arguments.pictures:
        _draw(arguments, found)
    return figures | quiet_weeks(arguments.seeds), rows


def _draw(arguments: argparse.Namespace, found: list[FalseOpening]) -> None:
    arguments.pictures.mkdir(parents=True, exist_ok=True)
    for path in draw_openings(arguments.pictures, arguments.series, found):
        progress(f"wrote {path}")


def _sharp(arguments: argparse.Namespace) -> tuple[Result, list[Result]]:
    quiet_days = arguments.days if "quiet" in arguments.only else 0
    return sharp(arguments.series, arguments.fault_days, arguments.seeds, quiet_days)


def _second(arguments: argparse.Namespace) -> tuple[Result, list[Result]]:
    return second_causes(arguments.seeds)


def _recorded(_arguments: argparse.Namespace) -> tuple[Result, list[Result]]:
    return recorded([one for folder in FOLDERS for one in replayed(folder)])


def _failover(arguments: argparse.Namespace) -> tuple[Result, list[Result]]:
    return failover(arguments.seeds[0])


def _labelled(arguments: argparse.Namespace) -> tuple[Result, list[Result]]:
    if DATA not in os.environ:
        progress(f"labelled: left out, {DATA} is not set")
        return {}, []
    return labelled(Path(os.environ[DATA]) / "series", arguments.labelled_series)


PARTS: dict[str, Part] = {
    "cost": _cost,
    "quiet": _quiet,
    "sharp": _sharp,
    "recorded": _recorded,
    "labelled": _labelled,
    "failover": _failover,
    "second": _second,
    "tail": _tail,
}
"""In the order of the tables of docs/always-on.md; of the tail the figures say all."""


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - PARTS.keys():
        raise argparse.ArgumentTypeError(
            f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}"
        )
    return names


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    main()
