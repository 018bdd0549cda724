"""How often the labels of an entity's series take which values, as scans send it."""

from pydantic import BaseModel, ConfigDict, Field

from patternwatch.contracts.descriptions import without_examples
from patternwatch.contracts.lives import EntityKey


class LabelCount(BaseModel):
    """One label within a family of an entity.

    >>> LabelCount(series=20, distinct=20, values={"cart-0": 1}).distinct
    20
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, json_schema_extra=without_examples
    )

    series: int
    """How many series carry it."""
    distinct: int
    """How many values it has."""
    values: dict[str, int]
    """Series by value, for the values of candidates only."""


class FamilyLabels(BaseModel):
    """The labels of an entity's series of one family (metric and derivation), changed and unchanged ones.

    >>> FamilyLabels(entity=("", "", "shop", "cart"), family="up").labels
    {}
    """

    model_config = LabelCount.model_config

    entity: EntityKey
    family: str
    labels: dict[str, LabelCount] = Field(default_factory=dict)
