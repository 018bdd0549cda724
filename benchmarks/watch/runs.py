"""One generated cluster from its learned week through quiet days to days full of faults, judged once."""

from dataclasses import dataclass
from functools import lru_cache

from benchmarks.output import progress
from benchmarks.watch.faults import KINDS, spread
from benchmarks.watch.generated import GeneratedCluster
from benchmarks.watch.lives import Event
from benchmarks.watch.metrics import DAY_ROWS
from benchmarks.watch.replay import LEARNED_DAYS, Replay, Tick
from benchmarks.watch.topology import drawn

FIRST_FAULT_ROW = 60
"""Of the first day with faults."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the product said of one cluster.

    cluster  with its faults
    events   what usual things happened on judged days
    quiet    ticks of the days without a fault
    hurt     ticks of the days after these
    """

    cluster: GeneratedCluster
    events: list[Event]
    quiet: list[Tick]
    hurt: list[Tick]


@lru_cache(maxsize=16)
def run_of(series: int, seed: int, days: int, fault_days: int = 0) -> Run:
    """Learn, judge `days` quiet ones, then `fault_days` with a fault about every hour."""
    begin = (LEARNED_DAYS + days) * DAY_ROWS
    topology, end = drawn(series, seed), begin + fault_days * DAY_ROWS
    faults = spread(topology, begin + FIRST_FAULT_ROW, end, tuple(KINDS), seed)
    run = Run(GeneratedCluster(series, seed, faults), [], [], [])
    for day, ticks in Replay(run.cluster).days(days + fault_days):
        run.events.extend(day.events)
        (run.quiet if day.first < begin else run.hurt).extend(ticks)
        opened = sum(tick.observation.opening is not None for tick in ticks)
        progress(f"seed {seed}, day {day.first // DAY_ROWS}: {opened} openings")
    return run
