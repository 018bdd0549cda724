"""The port: where windows of series come from."""

from typing import Protocol, runtime_checkable

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.label_partition import LabelPartition


class SeriesSource(Protocol):
    """A place that holds series of many tenants.

    Every method raises SourceUnavailableError (worth another try), SourceRefusedError (it is not) or
    SourceLimitError (ask for fewer series).
    """

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        """How many series each metric name has under these matchers within the window."""
        ...

    async def partition(
        self, tenant: str, matchers: Matchers, window: Window, max_series: int
    ) -> LabelPartition | None:
        """The label that partitions one metric's series into parts of about `max_series`; None if none does.

        The series of one target (job and instance) stay together where that can change what is derived.
        """
        ...

    async def begins_at(self, tenant: str, matchers: Matchers, window: Window) -> int | None:
        """The first sample of any of these series, in ms, where none is held for a good part of the window.

        None where the source holds them from about the window's start on.
        """
        ...

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        """Every series under these matchers, aligned to the window's grid and ready to be analysed."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


@runtime_checkable
class LabelValues(Protocol):
    """A source that lists the values of a label."""

    async def values(self, tenant: str, matchers: Matchers, label: str, window: Window) -> list[str]:
        """The values that a label has among these series within the window, sorted; raises SourceError."""
        ...


@runtime_checkable
class SourceClock(Protocol):
    """A source that tells its time."""

    @property
    def source_ahead_s(self) -> float:
        """How far its clock was ahead of ours at its last answer, in s; 0 where both agree."""
        ...


def source_ahead_s(source: object) -> float:
    """How far the clock of this source is ahead of ours, in s; 0 where both agree, or it tells no time."""
    return source.source_ahead_s if isinstance(source, SourceClock) else 0.0
