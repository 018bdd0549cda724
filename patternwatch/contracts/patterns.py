"""The taxonomy of shapes: the 13 patterns of PatternMatcher, plus `normal` and `other`.

Source: Wu et al., "Identifying Root-Cause Metrics for Incident Diagnosis in Online Service
Systems" (ISSRE 2021), which distinguishes type 1 ("still abnormal" at the end of the window) and type 2
("recovered" within it).
"""

from enum import IntEnum, StrEnum


class PatternType(IntEnum):
    """Whether the series is still abnormal at the end of the window."""

    NONE = 0
    STILL_ABNORMAL = 1
    RECOVERED = 2

    @property
    def label(self) -> str:
        """The type as a person reads it: `still abnormal`."""
        return _TYPE_LABELS[self]


class Pattern(StrEnum):
    """The shape that the current part of a series took, relative to its own baseline."""

    SUDDEN_INCREASE = "sudden_increase"
    SUDDEN_DECREASE = "sudden_decrease"
    LEVEL_SHIFT_UP = "level_shift_up"
    LEVEL_SHIFT_DOWN = "level_shift_down"
    STEADY_INCREASE = "steady_increase"
    STEADY_DECREASE = "steady_decrease"
    SINGLE_SPIKE = "single_spike"
    SINGLE_DIP = "single_dip"
    TRANSIENT_LEVEL_SHIFT_UP = "transient_level_shift_up"
    TRANSIENT_LEVEL_SHIFT_DOWN = "transient_level_shift_down"
    MULTIPLE_SPIKES = "multiple_spikes"
    MULTIPLE_DIPS = "multiple_dips"
    FLUCTUATIONS = "fluctuations"
    NORMAL = "normal"
    OTHER = "other"

    @property
    def type(self) -> PatternType:
        """Type 1 (still abnormal), type 2 (recovered), or none for `normal` and `other`.

        >>> Pattern.LEVEL_SHIFT_UP.type.name, Pattern.SINGLE_SPIKE.type.name
        ('STILL_ABNORMAL', 'RECOVERED')
        """
        return _TYPES[self]

    @property
    def label(self) -> str:
        """The name as a person reads it.

        >>> Pattern.LEVEL_SHIFT_UP.label
        'level shift up'
        """
        return self.value.replace("_", " ")

    @property
    def mirrored(self) -> "Pattern":
        """The pattern of the same chart turned upside down.

        >>> Pattern.LEVEL_SHIFT_UP.mirrored.label
        'level shift down'
        """
        return _MIRRORS.get(self, self)


PATTERNS: tuple[Pattern, ...] = tuple(Pattern)
"""Every pattern in the order of the classifier's outputs."""

_RECOVERED = {
    Pattern.SINGLE_SPIKE,
    Pattern.SINGLE_DIP,
    Pattern.TRANSIENT_LEVEL_SHIFT_UP,
    Pattern.TRANSIENT_LEVEL_SHIFT_DOWN,
    Pattern.MULTIPLE_SPIKES,
    Pattern.MULTIPLE_DIPS,
}
_UNTYPED = {Pattern.NORMAL, Pattern.OTHER}
_TYPES = {
    p: PatternType.NONE
    if p in _UNTYPED
    else PatternType.RECOVERED
    if p in _RECOVERED
    else PatternType.STILL_ABNORMAL
    for p in Pattern
}
_TYPE_LABELS = {
    PatternType.NONE: "no known shape",
    PatternType.STILL_ABNORMAL: "still abnormal",
    PatternType.RECOVERED: "recovered",
}
_PAIRS = (
    (Pattern.SUDDEN_INCREASE, Pattern.SUDDEN_DECREASE),
    (Pattern.LEVEL_SHIFT_UP, Pattern.LEVEL_SHIFT_DOWN),
    (Pattern.STEADY_INCREASE, Pattern.STEADY_DECREASE),
    (Pattern.SINGLE_SPIKE, Pattern.SINGLE_DIP),
    (Pattern.TRANSIENT_LEVEL_SHIFT_UP, Pattern.TRANSIENT_LEVEL_SHIFT_DOWN),
    (Pattern.MULTIPLE_SPIKES, Pattern.MULTIPLE_DIPS),
)
_MIRRORS = dict(_PAIRS) | {b: a for a, b in _PAIRS}
