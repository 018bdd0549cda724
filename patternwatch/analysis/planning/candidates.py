"""How many candidates each shard sends, and how many of them all a report is made from."""

from patternwatch.contracts.settings import AnalysisSettings

PER_FINDING = 3
"""Candidates judged for each finding shown: the onset may favour others than the screening score does.

Chosen so that 1, 4 and 16 shards give the same report (tests/analysis/test_one_or_many_shards.py)."""


def candidates_considered(settings: AnalysisSettings) -> int:
    """The number of candidates that a report is made from at most, however many shards sent them.

    >>> candidates_considered(AnalysisSettings(findings=100, candidates=5000))
    300
    """
    return min(settings.candidates, PER_FINDING * settings.findings)


def candidates_of_a_shard(settings: AnalysisSettings, shards: int) -> int:
    """The number of candidates that each of `shards` shards may send at most; at least 1.

    While the budget of the request allows it, every shard may send as many as the report is made from.
    The strongest of the whole request are then among them wherever they lie, and one shard or sixteen
    give the same report. With more shards the budget is shared out evenly.

    >>> settings = AnalysisSettings(findings=100, candidates=5000)
    >>> [candidates_of_a_shard(settings, shards) for shards in (1, 16, 50)]
    [300, 300, 100]
    """
    return max(1, min(candidates_considered(settings), settings.candidates // shards))
