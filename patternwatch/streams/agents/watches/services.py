"""What the watched clusters of a worker share, and how it makes their banks."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Mark, Mute
from patternwatch.cortex.source import SeriesSource
from patternwatch.streams.agents.watches.history import WatchHistory
from patternwatch.streams.agents.watches.room import WatchRoom
from patternwatch.streams.consumer.fair_threads import FairThreads
from patternwatch.streams.state.watch_snapshots import SnapshotStore
from patternwatch.watch.cluster import ClusterWatch
from patternwatch.watch.episodes.observation import Observation


class Bank(Protocol):
    """What `ClusterWatch` does; all of it runs in threads."""

    def learn(self, batch: SeriesBatch) -> None:
        """Take history in."""
        ...

    def observe(
        self, batch: SeriesBatch, at_ms: int, muted: Sequence[Mute] = (), marks: tuple[Mark, ...] = ()
    ) -> Observation:
        """Judge the rows that are new."""
        ...

    def snapshot(self) -> bytes:
        """All that is kept."""
        ...

    @property
    def has_history(self) -> bool:
        """Whether there is a series that it can judge."""
        ...


@dataclass(frozen=True, slots=True)
class Banks:
    """How banks are made."""

    new: Callable[[AnalysisSettings, int, float, Collection[str]], Bank] = ClusterWatch
    restore: Callable[[bytes, AnalysisSettings, Collection[str]], Bank] = ClusterWatch.restore


@dataclass(frozen=True, slots=True)
class WatchServices:
    """What the watched clusters of a worker share.

    source     where their tails are read
    turn       one tail is read at a time
    snapshots  where what they have learned is kept; None where nowhere
    room       the memory for all of them
    """

    source: SeriesSource
    turn: asyncio.Semaphore
    history: WatchHistory
    threads: FairThreads
    snapshots: SnapshotStore | None
    settings: AnalysisSettings
    banks: Banks
    room: WatchRoom
