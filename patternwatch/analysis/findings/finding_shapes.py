"""The shape of a finding: where the model looks, and which of the shapes that it sees is told."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.findings.agreeing_shapes import agreeing_shape
from patternwatch.analysis.findings.finding_course import FindingCourse
from patternwatch.contracts.findings import Taught
from patternwatch.contracts.patterns import PATTERNS, Pattern, PatternType

MAX_SPLIT_DISTANCE = 110
"""The longest current part, in rows, that the shape model names: it sees 120 rows, ten of them before."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the classifier says of one series.

    probabilities  float32, shape (15,), in the order of PATTERNS
    taught         what the tenant's examples say of it, None where they say nothing
    model          version of the classifier
    """

    probabilities: npt.NDArray[np.float32]
    taught: Taught | None
    model: str


def classifier_split(onset: int, rows: int) -> int:
    """First row of the current part for the shape model.

    onset  row of the onset in a window of `rows` rows; one too far back is moved to the farthest row that
           the model knows

    >>> classifier_split(240, 300), classifier_split(100, 300)
    (240, 190)
    """
    return max(onset, rows - MAX_SPLIT_DISTANCE)


def type_of(pattern: Pattern, course: FindingCourse) -> PatternType:
    """Whether it has recovered, by its last rows; what has no known shape has no type.

    >>> course = FindingCourse(
    ...     onset_ms=0, direction="up", baseline=1.0, peak=9.0, lowest=1.0, highest=9.0, now=9.0,
    ...     recovered_ms=None,
    ... )
    >>> type_of(Pattern.SINGLE_SPIKE, course).name, type_of(Pattern.OTHER, course).name
    ('STILL_ABNORMAL', 'NONE')
    """
    if pattern.type is PatternType.NONE:
        return PatternType.NONE
    return PatternType.STILL_ABNORMAL if course.recovered_ms is None else PatternType.RECOVERED


def named_shape(shape: Shape, course: FindingCourse) -> tuple[Pattern, float]:
    """The shape that is named: what operators taught, else the likeliest one that agrees with the values.

    >>> course = FindingCourse(
    ...     onset_ms=0, direction="up", baseline=1.0, peak=9.0, lowest=1.0, highest=9.0, now=9.0,
    ...     recovered_ms=None,
    ... )
    >>> seen = np.zeros(15, dtype=np.float32)
    >>> seen[PATTERNS.index(Pattern.SUDDEN_INCREASE)] = 0.5
    >>> named_shape(Shape(seen, None, "m"), course)[0].label
    'sudden increase'
    """
    if shape.taught is not None and shape.taught.name in tuple(Pattern):
        return PATTERNS[int(np.argmax(shape.probabilities))], float(shape.probabilities.max())
    return agreeing_shape(shape.probabilities, course.direction, recovered=course.recovered_ms is not None)
