"""How often the labels of an entity's series take which values, as scans send it."""

from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict

from patternwatch.contracts.descriptions import without_examples
from patternwatch.contracts.lives import EntityKey

_CONFIG = ConfigDict(extra="ignore", use_attribute_docstrings=True, json_schema_extra=without_examples)


@dataclass(frozen=True, slots=True)
class LabelCount:
    """One label within a family of an entity; a dataclass, since a scan makes hundreds.

    >>> LabelCount(series=20, distinct=20, values={"cart-0": 1}).distinct
    20
    """

    __pydantic_config__: ClassVar[ConfigDict] = _CONFIG

    series: int
    """How many series carry it."""
    distinct: int
    """How many values it has."""
    values: dict[str, int]
    """Series by value, for the values of candidates only."""


@dataclass(frozen=True, slots=True)
class FamilyLabels:
    """The labels of an entity's series of one family (metric and derivation), changed and unchanged ones.

    A target tells of the same things under many names: families whose labels are the same are sent once.

    >>> FamilyLabels(entity=("", "", "shop", "cart"), family="up").labels
    {}
    """

    __pydantic_config__: ClassVar[ConfigDict] = _CONFIG

    entity: EntityKey
    family: str
    labels: dict[str, LabelCount] = field(default_factory=dict)
    apart: tuple[str, str] = ("", "")
    """A label and its value (`pod` and a pod, or what a program may tell of) that these series share, and by
    which other series may place them at another entity; empty where nothing may."""
    also: tuple[str, ...] = ()
    """Further families of the entity of which exactly the same holds."""
