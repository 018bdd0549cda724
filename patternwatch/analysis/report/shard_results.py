"""The results of a request's shards put together: each shard once, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from patternwatch.contracts.report import MissingShard
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.skipped import UNREAD, Skipped, largest, merged

NO_ANSWER = "not read before the deadline"
_NAMED_OF_ALL = 2000
"""Metrics that are named of all missing shards together: a report has to fit into one record."""


@dataclass(frozen=True, slots=True)
class CollatedResults:
    """What became of every shard of a request.

    planned  number of shards that were planned
    good     one successful result a shard, by shard number
    missing  the shards without a successful result, by shard number, each with the reason
    """

    planned: int
    good: list[ShardResult]
    missing: list[MissingShard]


def collate(results: Sequence[ShardResult], planned: int | None = None) -> CollatedResults:
    """Put the results of a request in order; the outcome does not depend on the order of `results`.

    results  successful and failed results; a shard with several counts once, a success before a failure
    planned  number of planned shards, needed where no result arrived to say it

    >>> collated = collate([], planned=2)
    >>> [(m.number, m.reason) for m in collated.missing]
    [(0, 'not read before the deadline'), (1, 'not read before the deadline')]
    """
    number = max([planned or 0, *(r.of for r in results)])
    good: dict[int, ShardResult] = {}
    reasons: dict[int, str] = {}
    expected: dict[int, dict[str, int]] = {}
    for result in sorted(results, key=lambda r: (r.number, r.reason)):
        expected |= result.expected
        if result.status == "ok":
            good.setdefault(result.number, result)
        else:
            reasons.setdefault(result.number, result.reason)
    lost = [n for n in range(number) if n not in good]
    missing = [
        MissingShard(
            number=n,
            reason=reasons.get(n, NO_ANSWER),
            series=sum(expected.get(n, {}).values()),
            metrics=largest(expected.get(n, {}), max(_NAMED_OF_ALL // len(lost), 1)),
        )
        for n in lost
    ]
    return CollatedResults(number, [good[n] for n in sorted(good)], missing)


def unread_of(missing: Sequence[MissingShard]) -> Skipped:
    """The series of these shards by metric, as far as they are known.

    >>> unread_of([MissingShard(number=3, reason="away", series=3, metrics={"up": 2, "": 1})])
    {'in a part that was not read': {'': 1, 'up': 2}}
    """
    return merged(*({UNREAD: part.metrics} for part in missing))
