"""How many replicas of each entity tell of a family, those that did not change too."""

from collections import Counter
from collections.abc import Iterable

from patternwatch.analysis.identity.part_labels import KIND_OF_PART
from patternwatch.analysis.identity.scope import Scope
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.subject import Key

_REPLICAS = ("pod", "instance")


def replica_counts(results: Iterable[ShardResult], scope: Scope) -> dict[tuple[str, str], int]:
    """By the name of an entity and a family (metric and derivation), how many pods or instances tell of it.

    results  successful results of a request's shards
    scope    names their entities

    A family of one series, or of one replica, is not among them.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> replica_counts([], Scope([], AnalysisSettings()))
    {}
    """
    found: Counter[tuple[str, str]] = Counter()
    for result in results:
        for one in result.label_counts:
            name = scope.name_apart(Key(*one.entity), one.apart)
            told = [
                count.distinct for label, count in one.labels.items() if KIND_OF_PART.get(label) in _REPLICAS
            ]
            for family in (one.family, *one.also) if told else ():
                found[name, family] += max(told)
    return dict(found)
