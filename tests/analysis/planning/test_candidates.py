"""How many candidates a shard sends and a report is made from."""

import pytest

from patternwatch.analysis.planning.candidates import candidates_considered, candidates_of_a_shard
from patternwatch.contracts.settings import AnalysisSettings


@pytest.mark.parametrize(
    ("findings", "candidates", "shards", "considered", "of_a_shard"),
    [
        (100, 5000, 1, 300, 300),
        (100, 5000, 16, 300, 300),
        (100, 5000, 17, 300, 294),
        (100, 200, 1, 200, 200),
        (100, 200, 7, 200, 28),
        (1, 2, 5, 2, 1),
    ],
)
def test_a_budget_is_shared_out_over_the_shards(
    findings: int, candidates: int, shards: int, considered: int, of_a_shard: int
) -> None:
    settings = AnalysisSettings(findings=findings, candidates=candidates)
    assert candidates_considered(settings) == considered
    assert candidates_of_a_shard(settings, shards) == of_a_shard
