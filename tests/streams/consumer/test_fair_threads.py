"""Whose scan and whose report is computed next: a person's, however many others were handed in before."""

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

from patternwatch.streams.consumer.fair_queue import PEOPLE, Place, place_of
from patternwatch.streams.consumer.fair_threads import FairThreads
from tests.fakes.messages import a_request

DEADLINE_S = 60


class Held:
    """One thread that is busy until it is let go."""

    def __init__(self) -> None:
        self.threads = FairThreads(1)
        self.go, began = threading.Event(), threading.Event()

        def first() -> bool:
            began.set()
            return self.go.wait(DEADLINE_S)

        self.first = self.threads.submit(first)
        assert began.wait(DEADLINE_S)


def test_a_person_goes_before_all_that_waits() -> None:
    held, began = Held(), list[str]()
    alerts = [
        held.threads.at(place_of(a_request(f"alert{n}", trigger="alert"))).submit(began.append, f"alert{n}")
        for n in range(3)
    ]
    person = held.threads.at(place_of(a_request("by hand", trigger="manual"))).submit(began.append, "by hand")
    held.go.set()
    for done in (*alerts, person):
        done.result(DEADLINE_S)
    assert began == ["by hand", "alert0", "alert1", "alert2"]
    held.threads.shutdown()


def test_tenants_take_turns() -> None:
    held, began = Held(), list[str]()
    works = [
        held.threads.at(Place(1, tenant, "x")).submit(began.append, f"{tenant}{n}")
        for tenant, n in (("a", 0), ("a", 1), ("a", 2), ("b", 0))
    ]
    held.go.set()
    for work in works:
        work.result(DEADLINE_S)
    assert began == ["a0", "b0", "a1", "a2"]
    held.threads.shutdown()


async def test_an_error_belongs_to_whoever_waits_and_ends_no_thread() -> None:
    threads, loop = FairThreads(1), asyncio.get_running_loop()
    with pytest.raises(ZeroDivisionError):
        await loop.run_in_executor(threads, divmod, 1, 0)
    assert await loop.run_in_executor(threads.at(Place(1, "a", "x")), divmod, 7, 2) == (3, 1)
    threads.shutdown()


def test_what_is_given_up_is_not_done_and_holds_nothing_up() -> None:
    held, done = Held(), list[str]()
    given_up = held.threads.submit(done.append, "given up")
    after = held.threads.submit(done.append, "after")
    assert given_up.cancel()
    held.go.set()
    after.result(DEADLINE_S)
    assert done == ["after"]
    held.threads.shutdown()


def test_at_the_end_what_waits_is_cancelled_and_nothing_begins_any_more() -> None:
    held, done = Held(), list[str]()
    waits = held.threads.submit(done.append, "waits")
    held.threads.shutdown(wait=False, cancel_futures=True)
    with pytest.raises(CancelledError):
        waits.result(DEADLINE_S)
    held.go.set()
    assert held.first.result(DEADLINE_S)
    with pytest.raises(RuntimeError):
        held.threads.submit(done.append, "too late")
    assert done == []


class Busy:
    """Work that begins, and ends when it is told to."""

    def __init__(self) -> None:
        self.began, self.go = threading.Event(), threading.Event()

    def __call__(self) -> bool:
        self.began.set()
        return self.go.wait(DEADLINE_S)


def test_while_a_person_waits_one_thread_is_kept_for_people() -> None:
    threads, waits = FairThreads(2), [True]
    threads.people_wait = lambda: waits[0]
    alerts, person = [Busy() for _ in range(3)], Busy()
    done = [threads.at(Place(1, "a", f"alert{n}")).submit(alert) for n, alert in enumerate(alerts)]
    assert alerts[0].began.wait(DEADLINE_S)
    by_hand = threads.at(Place(PEOPLE, "a", "by hand")).submit(person)
    assert person.began.wait(DEADLINE_S), "it waits for no alert to end"
    person.go.set()
    assert by_hand.result(DEADLINE_S)
    alerts[0].go.set()
    assert alerts[1].began.wait(DEADLINE_S), "one after the other alerts go on"
    assert not alerts[2].began.is_set()
    waits[0] = False
    threads.go_on()
    assert alerts[2].began.wait(DEADLINE_S), "on both threads, now that nobody waits"
    for alert in alerts:
        alert.go.set()
    assert all(one.result(DEADLINE_S) for one in done)
    threads.shutdown()


def test_while_a_persons_part_is_computed_nothing_else_begins() -> None:
    threads, person, alert = FairThreads(2), Busy(), Busy()
    by_hand = threads.at(Place(PEOPLE, "a", "by hand")).submit(person)
    assert person.began.wait(DEADLINE_S)
    waits = threads.at(Place(1, "a", "alert")).submit(alert)
    other, looked = Busy(), threads.at(Place(PEOPLE, "a", "looked")).submit(pow, 2, 3)
    assert looked.result(DEADLINE_S) == 8, "the other thread is there, for people"
    assert not alert.began.is_set()
    person.go.set()
    assert by_hand.result(DEADLINE_S)
    assert alert.began.wait(DEADLINE_S), "by itself, as soon as the person's part ended"
    beside = threads.at(Place(1, "a", "beside")).submit(other)
    assert other.began.wait(DEADLINE_S), "and on both threads"
    alert.go.set()
    other.go.set()
    assert waits.result(DEADLINE_S)
    assert beside.result(DEADLINE_S)
    threads.shutdown()


def test_the_only_thread_is_kept_for_nobody() -> None:
    threads = FairThreads(1)
    threads.people_wait = lambda: True
    assert threads.at(Place(1, "a", "alert")).submit(pow, 2, 3).result(DEADLINE_S) == 8
    threads.shutdown()
    threads.go_on()
