"""The simulation of workers: queues and processors whose right answers can be worked out by hand."""

from dataclasses import replace

import pytest

from benchmarks.scaling.events import Course, Events, Slots
from benchmarks.scaling.processors import Host
from benchmarks.scaling.workers import Analysis, Cluster, Costs, Layout, dealt
from patternwatch.streams.consumer.fair_queue import Place

COSTS = Costs(
    request=0.1, shard=0.2, fetch=0.01, scan=0.02, conclude=0.4, wait=0.03, hop=0.05, two_threads=1.0
)


def ends(cores: float, two_threads: float, work: list[tuple[int, float]]) -> list[float]:
    """When each ends that all begin at once: process and CPU seconds."""
    events = Events()
    host, ended = Host(events, cores, two_threads), [0.0] * len(work)

    def course(number: int, process: int, cpu_s: float) -> Course:
        yield host.work(process, cpu_s)
        ended[number] = events.now

    for number, (process, cpu_s) in enumerate(work):
        events.start(course(number, process, cpu_s))
    events.run()
    return ended


@pytest.mark.parametrize(
    ("cores", "two_threads", "work", "expected"),
    [
        (1, 1.0, [(0, 2.0)], [2.0]),
        (1, 1.0, [(0, 1.0), (0, 3.0)], [2.0, 4.0]),
        (2, 1.0, [(0, 1.0), (1, 3.0)], [1.0, 3.0]),
        (1, 1.0, [(0, 1.0), (1, 3.0)], [2.0, 4.0]),
        (2, 1.5, [(0, 3.0), (0, 3.0)], [4.0, 4.0]),
        (2, 1.5, [(0, 3.0), (0, 4.5)], [4.0, 5.5]),
        (0.5, 1.5, [(0, 1.0), (0, 1.0)], [4.0, 4.0]),
    ],
)
def test_cores_and_interpreters_are_shared(
    cores: float, two_threads: float, work: list[tuple[int, float]], expected: list[float]
) -> None:
    assert ends(cores, two_threads, work) == pytest.approx(expected)


def test_slots_go_to_people_first_and_to_tenants_in_turns() -> None:
    events, order = Events(), list[str]()
    slots = Slots(events, 1)

    def course(name: str, place: Place) -> Course:
        yield slots.take(place)
        order.append(name)
        yield events.pause(1.0)
        slots.give()

    places = [("first", 1, "a"), ("storm", 1, "a"), ("storm", 1, "a"), ("other", 1, "b"), ("person", 0, "a")]
    for number, (name, rank, tenant) in enumerate(places):
        events.start(course(name, Place(rank, tenant, str(number))))
    events.run()
    assert order == ["first", "person", "storm", "other", "storm"]
    assert events.now == 5.0


def made(number: int, **changes: object) -> Analysis:
    return replace(Analysis(f"r{number}", "t", "alert", 0.0, series=100, shards=4), **changes)  # type: ignore[arg-type]


def layout(workers: int, partitions: int = 64) -> Layout:
    return Layout(workers, partitions, dealt(workers), cores=1, shared=False)


def took(costs: Costs, plan: Layout, analyses: list[Analysis]) -> dict[str, float]:
    cluster = Cluster(Events(), costs, plan)
    cluster.run(analyses)
    return cluster.took_s


def test_one_analysis_alone_takes_the_sum_of_its_parts() -> None:
    one = made(0, at_s=7.0, shards=1)
    whole = 4 * COSTS.hop + 100 * COSTS.wait + COSTS.cpu_s(100, 1)
    assert took(COSTS, layout(1), [one]) == {"r0": pytest.approx(whole)}


def test_the_source_is_waited_for_by_as_many_shards_as_are_fetched_at_once() -> None:
    costs = Costs(request=0, shard=0, fetch=0, scan=0, conclude=0, wait=0.04, hop=0, two_threads=1.0)
    one = made(0)
    assert took(costs, replace(layout(1), fetches=2), [one]) == {"r0": pytest.approx(2.0)}
    assert took(costs, replace(layout(1), fetches=4), [one]) == {"r0": pytest.approx(1.0)}


def test_a_burst_is_shared_out_by_its_keys() -> None:
    burst = [made(number) for number in range(64)]
    alone = max(took(COSTS, layout(1), burst).values())
    shared = max(took(COSTS, layout(4), burst).values())
    assert alone > 64 * COSTS.cpu_s(100, 4)
    assert 0.25 < shared / alone < 0.4
    # A single partition is read by one worker, however many there are.
    assert max(took(COSTS, layout(4, partitions=1), burst).values()) == pytest.approx(alone)


def test_workers_of_one_host_share_its_cores() -> None:
    burst = [made(number) for number in range(64)]
    apart = max(took(COSTS, layout(2), burst).values())
    together = max(took(COSTS, replace(layout(2), shared=True), burst).values())
    assert together > 64 * COSTS.cpu_s(100, 4)
    assert apart < 0.65 * together


def test_a_person_overtakes_a_storm() -> None:
    storm = [made(number) for number in range(40)]
    person = made(99, trigger="manual", at_s=5.0)
    seconds = took(COSTS, layout(1), [*storm, person])
    assert seconds["r99"] < max(seconds.values()) / 5
