"""What was read of label sets before, by generations: what two of them do not ask for is forgotten."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import itemgetter
from typing import TypeAlias

from patternwatch.analysis.identity.readings import Reading
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import Key

LabelNames: TypeAlias = tuple[str, ...]
Values: TypeAlias = object
"""What a series says under the labels that matter: one value or a tuple of them."""


class Form:
    """Series that carry the same of the labels that matter, and whose metrics' names say the same.

    before  what was read of them in the last generation
    """

    __slots__ = ("before", "readings", "values_of")

    def __init__(self, relevant: LabelNames, before: Mapping[Values, Reading]) -> None:
        self.values_of: Callable[[Labels], Values] = itemgetter(*relevant) if relevant else _nothing
        self.readings: dict[Values, Reading] = {}
        self.before = before


def _nothing(_labels: Labels) -> Values:
    return ()


class ReadingMemory:
    """One generation. Forms by metric and label names, in any order of these, and equal things once.

    last  the generation before this one, of which what is asked for again is taken over
    """

    def __init__(self, last: "ReadingMemory | None" = None) -> None:
        self.size = self.reads = 0
        self.last = last
        self.forms: dict[tuple[str, LabelNames], Form] = {}
        self.shared: dict[tuple[str, int, str, LabelNames], Form] = {}
        self._readings: dict[Reading, Reading] = {}
        self._entities: dict[Key, Key] = {}

    def let_go(self) -> None:
        """Keep nothing of the generation before."""
        self.last = None
        for form in list(self.shared.values()):
            form.before = {}

    def known(self, reading: Reading) -> Reading:
        """The same one for equal ones, and the same entity for equal entities."""
        entity = self._entities.setdefault(reading.entity, reading.entity)
        if entity is not reading.entity:
            reading = replace(reading, entity=entity)
        return self._readings.setdefault(reading, reading)
