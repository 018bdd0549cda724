"""Labelled examples: what an operator says that one window shows. Each belongs to one tenant.

An example either corrects the classifier ("this is a level shift up", by the name of a pattern) or teaches
a shape of the tenant's own ("our nightly batch").
"""

import re
from typing import Annotated, Any, Self, TypeAlias

import numpy as np
from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from patternwatch.contracts.arrays import Floats32, PackedFloats
from patternwatch.contracts.base import Message, Tenant
from patternwatch.contracts.errors import LabelError
from patternwatch.contracts.ids import example_id
from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.problems import first_problem
from patternwatch.contracts.series import WINDOW_ROWS

MIN_POINTS = 60
"""Points that an example needs before its split: with fewer, nothing is known of what is usual there."""
MAX_ROWS = 4 * WINDOW_ROWS
"""Rows of an example; the classifier looks at the last WINDOW_ROWS."""
MAX_EXAMPLES = 1000
"""Of one tenant: each costs memory in every worker."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _.:-]{0,58}[A-Za-z0-9])?")
_RESERVED = {"none", "null", "unknown", "abnormal", "taught"}


def shape_name(name: str) -> str:
    """The name of a pattern or of a tenant's own shape; raises ValueError that says why it is neither.

    >>> shape_name("nightly batch")
    'nightly batch'
    >>> shape_name("Level Shift Up")
    Traceback (most recent call last):
    ...
    ValueError: 'Level Shift Up' is too close to a pattern of ours: write 'level_shift_up' if you mean that
    """
    if name in tuple(Pattern):
        return name
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name[:80]!r} is no name of a shape: use 1 to 60 letters, digits, blanks or _.:-, "
            "with a letter or digit at both ends"
        )
    canonical = re.sub(r"[ .:-]+", "_", name.lower())
    if canonical in tuple(Pattern):
        raise ValueError(f"{name!r} is too close to a pattern of ours: write {canonical!r} if you mean that")
    if canonical in _RESERVED:
        raise ValueError(f"the name {name!r} is reserved: choose one that says what the shape is")
    return name


ShapeName: TypeAlias = Annotated[str, AfterValidator(shape_name), Field(max_length=60)]


class LabelledExample(Message):
    """What an operator says that one window shows. Key: tenant + example id. A null value deletes it.

    >>> values = np.sin(np.arange(300, dtype=np.float32))
    >>> example = make_labelled_example("default", "level_shift_up", values, 240, labelled_at_ms=0)
    >>> example.pattern
    <Pattern.LEVEL_SHIFT_UP: 'level_shift_up'>
    """

    example_id: str = Field(pattern=r"^[0-9a-f]{20}$")
    """Made from the tenant and the window: the same window taught again replaces what was said of it."""
    tenant: Tenant
    name: ShapeName
    """What it is: one of the patterns (a correction), or a shape of the tenant's own."""
    values: PackedFloats
    """The window's points in time order."""
    split: int
    """First row of the current part."""
    called: Pattern | None = None
    """What the classifier called it, where it did."""
    report_id: str = Field(default="", max_length=200)
    """The report that it was seen in."""
    series_id: str = Field(default="", max_length=200)
    series: str = Field(default="", max_length=1000)
    """The series as a person reads it."""
    labelled_by: str = Field(default="", max_length=200)
    labelled_at_ms: int = Field(ge=0, lt=2**53)

    @field_validator("values")
    @classmethod
    def _usable(cls, values: Floats32) -> Floats32:
        if len(values) > MAX_ROWS:
            raise ValueError(f"a window has at most {MAX_ROWS} points, not {len(values)}")
        if np.isinf(values).any():
            raise ValueError("a point is infinite: leave it out as a gap")
        finite = values[~np.isnan(values)]
        if len(finite) and finite.min() == finite.max():
            raise ValueError("every point is the same: there is no shape to learn")
        return values

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if not 0 < self.split < len(self.values):
            raise ValueError(f"the split {self.split} lies outside of a window of {len(self.values)} points")
        before = np.count_nonzero(~np.isnan(self.values[: self.split]))
        if before < MIN_POINTS:
            raise ValueError(
                f"there are {before} points before the split, too few: give {MIN_POINTS} or more"
            )
        if np.isnan(self.values[self.split :]).all():
            raise ValueError("there are no points from the split on")
        return self

    @property
    def pattern(self) -> Pattern | None:
        """The pattern that it corrects to; None where it teaches a shape of the tenant's own."""
        return Pattern(self.name) if self.name in tuple(Pattern) else None


def make_labelled_example(
    tenant: str, name: str, values: Floats32, split: int, **about: Any
) -> LabelledExample:
    """An example on the last 300 of these points.

    name    a pattern's name (a correction), or a shape of the tenant's own
    values  float32, shape (T,), in time order; NaN is a gap
    split   first row of the current part
    about   further fields of the example: `labelled_at_ms`, `called`, `report_id`, `series_id`, ...

    Raises LabelError that says what is wrong with the window or the name.

    >>> flat = np.ones(300, dtype=np.float32)
    >>> make_labelled_example("default", "level_shift_up", flat, 240, labelled_at_ms=0)
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.LabelError: This cannot be taught: values: every point is the same: \
there is no shape to learn. Teach a window of 120 to 300 points with a pattern's name, or a short name of \
your own
    """
    cut = max(len(values) - WINDOW_ROWS, 0)
    kept = np.ascontiguousarray(values[cut:], dtype=np.float32)
    fields = {"tenant": tenant, "name": name.strip(), "values": kept, "split": split - cut}
    try:
        return LabelledExample.model_validate(
            {**fields, "example_id": example_id(tenant, kept.tobytes(), split - cut), **about}
        )
    except ValidationError as error:
        said = first_problem(error).removeprefix("the whole: ").replace("Value error, ", "")
        raise LabelError(
            f"This cannot be taught: {said}",
            "Teach a window of 120 to 300 points with a pattern's name, or a short name of your own",
        ) from error
