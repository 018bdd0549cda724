"""A part of the series of a request: the topic `shards`."""

from typing import Self

from pydantic import Field, model_validator

from patternwatch.contracts.base import Message
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.skipped import Skipped


class Shard(Message):
    """A part of a request's series, to be fetched and scanned in one go.

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> Shard(
    ...     shard_id="r1-2", number=2, of=2, request=request, matchers=(), expected_series=1,
    ...     max_candidates=1,
    ... )
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for Shard
      Value error, shard number 2 of 2 does not exist...
    """

    shard_id: str
    number: int = Field(ge=0)
    of: int = Field(ge=1)
    request: AnalysisRequest
    matchers: Matchers
    expected_series: int = Field(ge=0)
    max_candidates: int = Field(ge=1)
    left_out: dict[str, int] = Field(default_factory=dict)
    """Series of the request that are in none of its shards, by reason; in the first shard only."""
    left_out_metrics: Skipped = Field(default_factory=dict)
    """The same by metric."""
    expected: dict[int, dict[str, int]] = Field(default_factory=dict)
    """Series by metric of this shard and of some others, by shard number: a report can then say what is in a
    part that never answered. Those of further metrics stand under the empty name."""
    watch: str = ""
    """The watch of this tenant whose owner holds these series, and reads them without the source; empty for
    none. Only the planner sets it."""

    @property
    def is_part_of_a_metric(self) -> bool:
        """Whether other shards hold further series of its metrics: it selects by a label, too."""
        return _beside_names(self.matchers) > _beside_names(self.request.matchers)

    @model_validator(mode="after")
    def _numbered(self) -> Self:
        if self.number >= self.of:
            raise ValueError(f"shard number {self.number} of {self.of} does not exist")
        return self


def _beside_names(matchers: Matchers) -> int:
    return sum(matcher.name != "__name__" for matcher in matchers)
