"""The results of a request's shards put together: each shard once, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from patternwatch.contracts.messages import ShardResult
from patternwatch.contracts.report import MissingShard

NO_ANSWER = "no answer before the deadline"


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
    [(0, 'no answer before the deadline'), (1, 'no answer before the deadline')]
    """
    number = max([planned or 0, *(r.of for r in results)])
    good: dict[int, ShardResult] = {}
    reasons: dict[int, str] = {}
    for result in sorted(results, key=lambda r: (r.number, r.reason)):
        if result.status == "ok":
            good.setdefault(result.number, result)
        else:
            reasons.setdefault(result.number, result.reason)
    missing = [
        MissingShard(number=n, reason=reasons.get(n, NO_ANSWER)) for n in range(number) if n not in good
    ]
    return CollatedResults(number, [good[n] for n in sorted(good)], missing)
