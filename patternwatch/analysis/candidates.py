"""How many series a scan puts forward, and how many of them all a report is made from."""

from patternwatch.contracts.settings import AnalysisSettings

PER_FINDING = 3


def candidates_considered(settings: AnalysisSettings) -> int:
    """The most candidates that a report is made from, however many shards they came in."""
    return min(settings.candidates, PER_FINDING * settings.findings)


def candidates_of_a_shard(settings: AnalysisSettings, shards: int) -> int:
    """The most candidates of one shard.

    While the budget of the request allows it, every shard may put forward as many as the report is made
    from, so that the strongest of the whole request are among them wherever they lie, and one shard or
    sixteen give the same report. Beyond that the budget is shared out evenly.
    """
    return max(1, min(candidates_considered(settings), settings.candidates // shards))
