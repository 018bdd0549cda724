"""The results of a request's shards, each once and in order."""

from itertools import permutations
from typing import Literal

import pytest

from patternwatch.analysis.planning.shards import plan_shards
from patternwatch.analysis.report.shard_results import collate, unread_of
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from tests.analysis.incidents import made_up, request_of

REQUEST = request_of(made_up(services=1))
LATE = "not read before the deadline"


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


def test_what_is_in_a_lost_shard_is_told_by_its_failure_or_by_another_shard() -> None:
    counts = {f"m{i}": 10 + i for i in range(8)}
    shards = plan_shards(REQUEST, counts, AnalysisSettings(shard_series=1))
    results = [
        result(s.number, s.of).model_copy(update={"expected": s.expected}) for s in shards if s.number > 1
    ]
    away = result(1, 8, "failed", "away").model_copy(update={"expected": shards[1].expected})
    told = [(0, 17, {"m7": 17}, LATE), (1, 16, {"m6": 16}, "away")]
    for order in ([*results, away], [away, *results[::-1]]):
        missing = collate(order).missing
        assert [(m.number, m.series, m.metrics, m.reason) for m in missing] == told
    assert unread_of(missing) == {"in a part that was not read": {"m6": 16, "m7": 17}}
    # Shards 0 and 1 are told of by 2 to 7 in part only: with 4 to 7 lost as well, nobody knows of 0.
    missing = collate(results[:2], planned=8).missing
    assert [(m.number, m.series) for m in missing] == [(0, 0), (1, 0), (4, 13), (5, 12), (6, 11), (7, 10)]


def test_of_very_many_lost_shards_each_names_its_largest_metric_only() -> None:
    names = {"up": 9, "down": 3, "left": 2}
    [first, *others] = [result(n, 1001, "failed", "away") for n in range(1001)]
    first = first.model_copy(update={"expected": dict.fromkeys(range(1001), names)})
    missing = collate([first, *others]).missing
    assert [(m.series, m.metrics) for m in missing[:2]] == [(14, {"up": 9, "": 5})] * 2
