"""The results of a request's shards, each once and in order."""

from itertools import permutations
from typing import Literal

import pytest

from patternwatch.analysis.shard_results import collate
from patternwatch.contracts.messages import ShardResult
from tests.analysis.incidents import made_up, request_of

REQUEST = request_of(made_up(services=1))
LATE = "no answer before the deadline"


def result(number: int, of: int, status: Literal["ok", "failed"] = "ok", reason: str = "") -> ShardResult:
    return ShardResult(
        shard_id=f"r1-{number}", number=number, of=of, request=REQUEST, status=status, reason=reason
    )


def test_each_shard_counts_once_a_success_before_a_failure_in_any_order() -> None:
    results = [
        result(2, 5),
        result(1, 5, "failed", "overloaded"),
        result(0, 5, "failed", "refused"),
        result(0, 5),
        result(1, 5, "failed", "away"),
    ]
    for order in permutations(results):
        collated = collate(order)
        assert collated.planned == 5
        assert [r.number for r in collated.good] == [0, 2]
        assert [(m.number, m.reason) for m in collated.missing] == [(1, "away"), (3, LATE), (4, LATE)]


@pytest.mark.parametrize(("planned", "number"), [(None, 0), (0, 0), (2, 2)])
def test_without_results_the_plan_says_how_many_are_missing(planned: int | None, number: int) -> None:
    collated = collate([], planned)
    assert (collated.planned, collated.good) == (number, [])
    assert [(m.number, m.reason) for m in collated.missing] == [(n, LATE) for n in range(number)]


def test_the_larger_of_plan_and_results_counts() -> None:
    assert collate([result(0, 3)], planned=2).planned == 3
    assert collate([result(0, 3)], planned=4).planned == 4
    assert collate([result(0, 1)]).missing == []
