"""The labels of short reads that come again and again, by selection: those of the ticks of watches."""

from collections import OrderedDict
from typing import TypeAlias

from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.wire import LabelMemory

MAX_BYTES = 256 * 2**20
"""Of all labels together: those of a million series."""
MAX_SELECTIONS = 256

_Selection: TypeAlias = tuple[str, Matchers]


class LabelMemories:
    """A memory for each selection, up to so many bytes; those that were read longest ago are forgotten.

    >>> from patternwatch.contracts.matchers import parse_selector
    >>> memories, matchers = LabelMemories(), parse_selector('{job="api"}')
    >>> memories.of("shop", matchers) is memories.of("shop", matchers)
    True
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._memories: OrderedDict[_Selection, LabelMemory] = OrderedDict()

    def of(self, tenant: str, matchers: Matchers) -> LabelMemory:
        """The memory of one tenant's selection."""
        while len(self._memories) > 1 and (
            len(self._memories) > MAX_SELECTIONS
            or sum(memory.size for memory in self._memories.values()) > self._max_bytes
        ):
            self._memories.popitem(last=False)
        memory = self._memories.setdefault((tenant, matchers), LabelMemory())
        self._memories.move_to_end((tenant, matchers))
        return memory
