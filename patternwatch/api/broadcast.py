"""From the feed to the open event streams of this process."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from patternwatch.contracts.progress import Progress

Waiting: TypeAlias = "asyncio.Queue[Progress | None]"

_DEPTH = 64


class Broadcaster:
    """Hands each progress to everyone who listens to that analysis; nobody else sees it.

    A listener that does not keep up loses the oldest states first: the latest one is what counts.
    """

    def __init__(self) -> None:
        self._listeners: dict[tuple[str, str], set[Waiting]] = defaultdict(set)
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return sum(len(queues) for queues in self._listeners.values())

    @contextmanager
    def listen(self, tenant: str, request_id: str) -> Iterator[Waiting]:
        """A queue of what comes from now on; None means that the process is going down.

        request_id  of the analysis, or the id of its report
        """
        key = (tenant, request_id)
        queue: Waiting = asyncio.Queue(_DEPTH)
        if self._closed:
            queue.put_nowait(None)
        self._listeners[key].add(queue)
        try:
            yield queue
        finally:
            self._listeners[key].discard(queue)
            if not self._listeners[key]:
                del self._listeners[key]

    def send(self, progress: Progress) -> None:
        """To everyone who listens to this analysis or to its report: a watch's has an id of its own."""
        for key in {progress.request_id, progress.report_id}:
            for queue in self._listeners.get((progress.tenant, key), ()):
                _put(queue, progress)

    def close(self) -> None:
        """End every stream, so that the server can go down without waiting for their clients."""
        self._closed = True
        for queues in self._listeners.values():
            for queue in queues:
                _put(queue, None)


def _put(queue: Waiting, progress: Progress | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(progress)
