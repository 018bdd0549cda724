"""Threads for computing: what begins next is decided as among waiting records, people first."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from patternwatch.streams.consumer.fair_queue import FairQueue, Place

R = TypeVar("R")

FIRST = Place(0, "", "")
"""Where work waits that nobody gave a place: short things that someone's report waits for."""


class FairThreads(Executor):
    """An executor of so many threads whose work waits in a `FairQueue`.

    A pool's own queue is first in, first out: a person's scan would wait for the scans and reports of every
    alert that were handed in before it. What runs already runs to its end.

    >>> threads = FairThreads(1)
    >>> threads.at(Place(1, "tenant", "analysis")).submit(pow, 2, 3).result()
    8
    >>> threads.shutdown()
    """

    def __init__(self, threads: int, name: str = "") -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
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
            self._pool.submit(self._do_next)  # as many as there is work: each takes whatever is first then
            self._waiting.put((future, work), place)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `Executor.shutdown`."""
        if cancel_futures:
            with self._lock:
                left = [self._waiting.take()[0] for _ in range(len(self._waiting))]
            for future in left:
                future.cancel()
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def _do_next(self) -> None:
        with self._lock:
            if not len(self._waiting):
                return  # it was cancelled at the end
            future, work = self._waiting.take()
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
