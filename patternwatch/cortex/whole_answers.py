"""Samples that are whole: an answer that leaves something out is refused, before anything is made of it.

What is kept of a source for hours must not take such an answer in: its gaps would never be filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from patternwatch.contracts.errors import SourceError
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.tail import Samples


class LeftOutError(SourceError):
    """The source gave a part of what was asked for, and said so.

    >>> str(LeftOutError(["no answer from store 2"]))
    'The source left something out: no answer from store 2'
    """

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(f"The source left something out: {'; '.join(words)}")


@dataclass(frozen=True, slots=True)
class WholeAnswers:
    """`Samples` of another source, all or none of them."""

    source: Samples

    async def samples(
        self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int, step_ms: int
    ) -> RawSeries:
        """See `Samples.samples`; raises LeftOutError too."""
        with partial_answers() as told:
            raw = await self.source.samples(tenant, matchers, start_ms, end_ms, step_ms)
        if told.words:
            raise LeftOutError(told.words)
        return raw
