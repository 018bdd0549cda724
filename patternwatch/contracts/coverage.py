"""How many things the series of one scraped program tell of, as scans send it."""

from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from patternwatch.contracts.descriptions import without_examples
from patternwatch.contracts.lives import EntityKey

Untold: TypeAlias = dict[str, dict[str, int]]
"""Place (as in a census) -> name of a program -> how many of its series tell of nothing but itself, where all
of a shard's do."""


class Coverage(BaseModel):
    """The series of one job or service, and by which label they tell of others.

    >>> Coverage(key=("", "", "", "db-metrics"), series=1, labels={"database": 30}).metrics
    []
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, json_schema_extra=without_examples
    )

    key: EntityKey
    series: int
    """Those that carry no such label; those about its own process are left out."""
    metrics: list[str] = Field(default_factory=list)
    """The first few names of those that do."""
    labels: dict[str, int] = Field(default_factory=dict)
    """How many carry each label that may name what is told of."""
    values: dict[str, list[str]] = Field(default_factory=dict)
    """The first few values of each."""
