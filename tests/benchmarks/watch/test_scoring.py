"""Ticks are fed as a worker feeds them, and what they say is scored as it should be."""

import itertools

import numpy as np

from benchmarks.watch.faults import Fault
from benchmarks.watch.generated import GeneratedCluster
from benchmarks.watch.lives import Event
from benchmarks.watch.metrics import DAY_ROWS, POD_METRICS, START_MS, STEP_MS
from benchmarks.watch.quiet import what_it_was
from benchmarks.watch.replay import TICK_ROWS, Replay, Tick
from benchmarks.watch.sharp import Seen, figures_of, openings_besides, seen_of
from patternwatch.watch.episodes.observation import Observation, Opening, SeenEntity

FIRST = 7 * DAY_ROWS


def tick(row: int, *entities: str, opens: bool = False, is_open: bool = False) -> Tick:
    opening = Opening(entities[0], 0, 9.0, "") if opens else None
    seen = tuple(SeenEntity(name, 9.0, 0) for name in entities)
    return Tick(row, Observation(0, opening, open_goes_on=is_open, entities=seen))


def ticks(**at: Tick) -> list[Tick]:
    """Forty ticks from FIRST on; those given stand at their number."""
    given = {int(name.removeprefix("n")): one for name, one in at.items()}
    return [given.get(n, tick(FIRST + n * TICK_ROWS)) for n in range(40)]


FAULT = Fault(row=FIRST + 11, service=3, kind="errors", size=3.0, rows=40)  # in the tick number 5


def test_a_fault_is_seen_from_the_tick_that_has_its_first_row() -> None:
    seen = seen_of(FAULT, 0, ticks(n5=tick(0, "shop/svc003", opens=True)), FIRST)
    assert (seen.ticks, seen.place, seen.within(3)) == (1, 1, True)
    seen = seen_of(FAULT, 0, ticks(n8=tick(0, "svc003", opens=True)), FIRST)
    assert (seen.ticks, seen.within(3), seen.within(12)) == (4, False, True)
    assert seen_of(FAULT, 0, ticks(n4=tick(0, "svc003", opens=True)), FIRST).ticks == 0
    assert seen_of(FAULT, 0, ticks(n17=tick(0, "svc003", opens=True)), FIRST).ticks == 0


def test_the_hurt_service_is_named_among_the_first_three_then_or_a_tick_later() -> None:
    third = seen_of(FAULT, 0, ticks(n5=tick(0, "svc001", "svc002", "svc003", opens=True)), FIRST)
    assert third.place == 3
    assert third.within(3)
    later = ticks(n5=tick(0, "svc001", opens=True), n6=tick(0, "svc003"))
    assert seen_of(FAULT, 0, later, FIRST).place == 1
    fourth = ticks(n5=tick(0, "svc001", "svc002", "svc005", "svc003", opens=True))
    assert not seen_of(FAULT, 0, fourth, FIRST).within(3)
    assert not seen_of(FAULT, 0, ticks(n5=tick(0, "svc0031", opens=True)), FIRST).within(3)


def test_what_users_feel_later_is_counted_from_then_on() -> None:
    opened = ticks(n14=tick(0, "svc003", opens=True))  # felt in the tick number 5 + 7
    seen = seen_of(FAULT, 14, opened, FIRST)
    assert (seen.felt, seen.ticks, seen.within(3), seen.within_felt(3)) == (7, 10, False, True)
    assert not seen_of(FAULT, 12, opened, FIRST).within_felt(2)
    late = seen_of(FAULT, 14, ticks(n23=tick(0, "svc003", opens=True)), FIRST)
    assert (late.within(12), late.within_felt(12)) == (False, True)
    assert not seen_of(FAULT, None, opened, FIRST).within_felt(12)
    figures = figures_of([seen, seen_of(FAULT, None, opened, FIRST)])
    assert (figures["felt_3"], figures["felt"], figures["all_3"]) == (1.0, 1, 0.0)


def test_a_fault_that_begins_while_something_is_open_is_counted() -> None:
    assert seen_of(FAULT, 0, ticks(n4=tick(0, is_open=True)), FIRST).busy
    assert not seen_of(FAULT, 0, ticks(n5=tick(0, is_open=True)), FIRST).busy


def test_openings_without_a_fault_stand_apart() -> None:
    rows = (FAULT.row - 20, FAULT.row + 4, FAULT.row + FAULT.rows + 40)
    assert openings_besides([FAULT], [tick(row, "svc001", opens=True) for row in rows]) == 2


def test_resources_alone_do_not_count_among_what_users_see() -> None:
    resource = Fault(0, 0, "cpu wasted", 3.0, 40)
    figures = figures_of([Seen(FAULT, 0, 2, 1, False), Seen(resource, None, 8, 1, False)])
    assert (figures["all_3"], figures["resource_10"], figures["kills_3"]) == (1.0, 1.0, None)


def test_each_tick_holds_the_series_of_the_pods_that_live_then() -> None:
    cluster = GeneratedCluster(300, seed=5)
    day = next(cluster.days(1))
    assert day.renamed
    seen = dict[str, set[int]]()
    batches = Replay(cluster, watch=object())._batches(day, TICK_ROWS)  # type: ignore[arg-type]
    lists = list[int]()
    for batch, row in batches:
        assert batch.times.tolist() == [START_MS + STEP_MS * (row + k) for k in range(TICK_ROWS)]
        lists.append(id(batch.labels))
        for labels in batch.labels:
            if "pod" in labels:
                seen.setdefault(labels["pod"], set()).add(row)
    assert len(lists) == DAY_ROWS // TICK_ROWS
    changes = sum(a != b for a, b in itertools.pairwise(lists))
    assert 0 < changes < 6 * len(day.renamed) + 4
    for renamed in day.renamed:
        new, at = renamed.labels[0]["pod"], renamed.row - renamed.row % TICK_ROWS
        assert min(seen[new]) >= at
    alive = int((~day.dead[:, :TICK_ROWS].all(axis=1)).sum())
    first = {pod for pod, rows in seen.items() if 0 in rows}
    assert len(first) == alive
    assert len(POD_METRICS) * alive <= cluster.topology.series


def test_a_false_opening_says_what_happened_there() -> None:
    cluster = GeneratedCluster(300, seed=5)
    plain = int(np.flatnonzero(~cluster.topology.hourly & ~cluster.topology.nightly)[0])
    events = [Event(FIRST, "deploy", plain), Event(FIRST - 400, "crash", plain)]
    opened = tick(FIRST + 20, f"shop/svc{plain:03d}", opens=True)
    assert what_it_was(cluster, events, opened) == "deploy"
    assert what_it_was(cluster, events[1:], opened).startswith("noise")
    assert what_it_was(cluster, [], tick(FIRST, "node001", opens=True)) == "a machine"
