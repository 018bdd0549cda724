"""A watched cluster: rows in, what opens and what is over out. Pure: the time comes with the rows."""

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.observation import Observation


class ClusterWatch:
    """All that is kept of one cluster.

    settings              how categories and entities are read
    step_ms               between two rows
    false_reports_a_week  the budget that the bar is set from
    """

    def __init__(self, settings: AnalysisSettings, step_ms: int, false_reports_a_week: float = 1.0) -> None:
        raise NotImplementedError

    def learn(self, batch: SeriesBatch) -> None:
        """Take history from the source, at the step or coarser; older before newer, coarser before finer."""
        raise NotImplementedError

    def observe(self, batch: SeriesBatch, at_ms: int) -> Observation:
        """Judge the rows that are new; rows seen before are ignored by their times."""
        raise NotImplementedError

    def window(self, rows: int, split_ms: int) -> SeriesBatch:
        """The newest rows of all series from its own ring, for an analysis without the source."""
        raise NotImplementedError

    def snapshot(self) -> bytes:
        """All that is kept, to go on elsewhere."""
        raise NotImplementedError

    @classmethod
    def restore(cls, data: bytes, settings: AnalysisSettings) -> "ClusterWatch":
        """The watch of a snapshot; raises ValueError where it is of another version or broken."""
        raise NotImplementedError
