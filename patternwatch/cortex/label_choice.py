"""Which label partitions the series of one metric, found out by cheap questions.

Labels are tried on an instant vector, which does not see what ended before; so the values of the chosen
label are completed from the label values API, and series without the label are a part of their own: a
partition covers every series of the window.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import structlog

from patternwatch.contracts.errors import SourceError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.promql_names import is_plain_label
from patternwatch.contracts.series import Labels
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.count_queries import CountQueries, is_passable
from patternwatch.cortex.label_partition import (
    MAX_MATCHER_CHARS,
    PARTITION_LABELS,
    LabelPartition,
    best_partition,
    by_label,
    labels_to_try,
    matcher_of,
    packed,
)

log = structlog.get_logger()

LABELS_TRIED = 8


class LabelChoice:
    """The label by which series of one metric, or of one histogram's names, are read in parts."""

    def __init__(self, queries: CountQueries) -> None:
        self._queries = queries

    async def best(
        self,
        span: Span,
        matchers: Matchers,
        names: Mapping[str, int],
        max_series: int,
        *,
        splits_targets: bool,
    ) -> LabelPartition | None:
        """The first well-known label whose parts fit, else the best of all that were tried.

        names           the names of the selection, with how many series they have
        max_series      of a part, about
        splits_targets  whether the series of one target may be read apart
        None where no label has two values, or none can be counted. Raises what the source raises.
        """
        counts: dict[str, Mapping[str, int]] = {}
        for label in labels_to_try(names, await self._there(span, matchers), splits_targets, LABELS_TRIED):
            counts[label] = await self._counted(span, matchers, label, sum(names.values()))
            groups = by_label(label, counts[label]).groups
            if label in PARTITION_LABELS and len(groups) > 1 and groups[0][1] <= max_series:
                break
        found = best_partition(counts, max_series)
        return await self._completed(span, matchers, found) if found is not None else None

    async def _there(self, span: Span, matchers: Matchers) -> list[str]:
        try:
            return await self._queries.labels(span, matchers)
        except SourceError as error:
            if not is_passable(error):
                raise
            log.info("source.labels.missing", tenant=span.tenant, reason=str(error))
            return list(PARTITION_LABELS)

    async def _counted(self, span: Span, matchers: Matchers, label: str, series: int) -> Mapping[str, int]:
        """Series by value at the end, or in the middle; all alike where they cannot be counted."""
        try:
            for at_ms in (span.end_ms, (span.start_ms + span.end_ms) // 2):
                if found := await self._queries.at(span, matchers, label, at_ms):
                    return found
        except SourceError as error:
            if not is_passable(error) and is_plain_label(label):
                raise  # a label that is not plain may be one that the server does not know in quotes
            log.info("source.label.not_counted", tenant=span.tenant, label=label, reason=str(error))
        try:
            values = await self._queries.values(span, matchers, label)
        except SourceError:
            return {}
        return dict.fromkeys(values, max(series // max(len(values), 1), 1))

    async def _completed(
        self, span: Span, matchers: Matchers, partition: LabelPartition
    ) -> LabelPartition | None:
        """With the values that ended before, and the series without the label."""
        seen = {value: series for values, series in partition.groups for value in values}
        try:
            values = await self._queries.values(span, matchers, partition.label)
        except SourceError as error:
            return await self._over_window(span, matchers, partition, error)
        unseen = [((value,), 0) for value in ("", *values) if value not in seen]
        for part, _ in packed(unseen, 1, MAX_MATCHER_CHARS):
            rest = (*matchers, matcher_of(partition.label, part))
            try:
                seen |= await self._queries.over(span, rest, partition.label)
            except SourceError as error:
                if not is_passable(error):
                    raise
                seen |= dict.fromkeys(part, 1)
        return by_label(partition.label, seen)

    async def _over_window(
        self, span: Span, matchers: Matchers, partition: LabelPartition, why: SourceError
    ) -> LabelPartition | None:
        """A source that lists no values: the chosen label is counted over the window."""
        log.info("source.values.missing", tenant=span.tenant, label=partition.label, reason=str(why))
        try:
            return by_label(partition.label, await self._queries.over(span, matchers, partition.label))
        except SourceError as error:
            if not is_passable(error):
                raise
            return None  # a partition that may leave series out is none


def partition_among(labels: Sequence[Labels], max_series: int) -> LabelPartition | None:
    """The best partition of these series of one metric, all of whose labels are known.

    >>> partition_among([{"__name__": "up", "pod": pod} for pod in "aab"], 2).groups
    ((('a',), 2), (('b',), 1))
    """
    names = {own.get("__name__", "") for own in labels}
    there = {label for own in labels for label in own}
    tried = labels_to_try(names, there, splits_targets=False, max_series=len(there))
    return best_partition(
        {label: Counter(own.get(label, "") for own in labels) for label in tried}, max_series
    )
