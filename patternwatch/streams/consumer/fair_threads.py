"""Threads for computing: what begins next is decided as among waiting records, people first."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from patternwatch.streams.consumer.fair_queue import PEOPLE, FairQueue, Place

R = TypeVar("R")

FIRST = Place(0, "", "")
"""Where work waits that nobody gave a place: short things that someone's report waits for."""


class FairThreads(Executor):
    """An executor of so many threads whose work waits in a `FairQueue`.

    A pool's own queue is first in, first out: a person's scan would wait for the scans and reports of every
    alert that were handed in before it. What runs already runs to its end; so of several threads one begins
    nothing but people's work while `people_wait` says so, and is there when a person's part comes.
    While that is computed none begins anything else: it would only take the interpreter from it.

    >>> threads = FairThreads(1)
    >>> threads.at(Place(1, "tenant", "analysis")).submit(pow, 2, 3).result()
    8
    >>> threads.shutdown()
    """

    def __init__(self, threads: int, name: str = "") -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._threads = threads
        self._for_others = 0
        """How many threads do other work than people's."""
        self._for_people = 0
        self.people_wait: Callable[[], bool] = nobody_waits
        """Asked by these threads; where it turns to no, `go_on` is to be called."""
        self._waiting: FairQueue[tuple[Future[Any], Callable[[], Any]]] = FairQueue()
        self._lock = threading.Lock()

    def at(self, place: Place) -> Executor:
        """The same threads, for work that waits at this place."""
        return _At(self, place)

    def submit(self, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> Future[R]:
        """See `Executor.submit`; it waits at `FIRST`."""
        return self.submit_at(FIRST, lambda: fn(*args, **kwargs))

    def submit_at(self, place: Place, work: Callable[[], R]) -> Future[R]:
        """Do this when it is its turn; raises RuntimeError after `shutdown`."""
        future: Future[R] = Future()
        with self._lock:
            self._pool.submit(self._work_on)  # as many as there is work: each takes whatever is first then
            self._waiting.put((future, work), place)
        return future

    def go_on(self) -> None:
        """Begin with what had to wait for people."""
        with self._lock:
            self._wake()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `Executor.shutdown`."""
        if cancel_futures:
            with self._lock:
                left = [self._waiting.take()[0] for _ in range(len(self._waiting))]
            for future in left:
                future.cancel()
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def _work_on(self) -> None:
        """Do what may be done, until nothing is left of it."""
        while (taken := self._take()) is not None:
            future, work, is_others = taken
            try:
                _do(future, work)
            finally:
                self._ended(is_others)

    def _ended(self, is_others: bool) -> None:
        with self._lock:
            self._for_others -= is_others
            self._for_people -= not is_others
            if not (is_others or self._for_people):
                self._wake()

    def _wake(self) -> None:
        """Have idle threads look for work; the lock is held."""
        with suppress(RuntimeError):  # at the end nothing begins any more
            for _ in range(min(len(self._waiting), self._threads)):
                self._pool.submit(self._work_on)

    def _take(self) -> tuple[Future[Any], Callable[[], Any], bool] | None:
        with self._lock:
            if not len(self._waiting):
                return None
            is_others = self._waiting.first.rank != PEOPLE
            if is_others and (self._for_people or self._keeps_one_free()):
                return None
            self._for_others += is_others
            self._for_people += not is_others
            return *self._waiting.take(), is_others

    def _keeps_one_free(self) -> bool:
        return self._for_others >= max(1, self._threads - 1) and self.people_wait()


def nobody_waits() -> bool:
    """The default of `people_wait`."""
    return False


def _do(future: Future[Any], work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the future
        future.set_exception(error)
    else:
        future.set_result(result)


@dataclass(frozen=True, slots=True)
class _At(Executor):
    """The threads, for work that waits at one place."""

    threads: FairThreads
    place: Place

    def submit(self, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> Future[R]:
        """See `FairThreads.submit_at`."""
        return self.threads.submit_at(self.place, lambda: fn(*args, **kwargs))
