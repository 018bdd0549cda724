"""How sure it is that the first entity is the cause."""

from dataclasses import dataclass

from patternwatch.contracts.report import HowSure


@dataclass(frozen=True, slots=True)
class Confidence:
    """The chance that the first entity is the cause, None where none is named, and the same in a word.

    >>> Confidence(0.93, "high").words
    'high: in about 93 of 100 such reports the first was the cause'
    """

    chance: float | None = None
    how_sure: HowSure = ""

    @property
    def words(self) -> str:
        """The chance as a sentence without its end; empty where there is none."""
        if self.chance is None:
            return ""
        of_100 = round(100 * self.chance)
        return f"{self.how_sure}: in about {of_100} of 100 such reports the first was the cause"


UNKNOWN = Confidence()
"""Where nothing is named."""
