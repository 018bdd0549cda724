"""Who is gone, or may have been restarted, at one tick."""

from dataclasses import dataclass

from patternwatch.compiled import Integers


@dataclass(frozen=True, slots=True)
class Absence:
    """What presence says of one tick.

    gone      int64: numbers of the entities that are gone
    silent    int64: numbers of those that hardly ever gave no sample for so long, too short to be gone
    returned  int64: numbers of the parts that are back after a silence: they were restarted
    blinked   int64: numbers of the parts that missed a sample lately: they may have been
    no_data   why nothing can be said: most are silent at once; empty where it can
    """

    gone: Integers
    silent: Integers
    returned: Integers
    blinked: Integers
    no_data: str = ""
