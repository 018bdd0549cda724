"""Labels of pods that their own series do not carry, as scans send them."""

from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict

from patternwatch.contracts.descriptions import without_examples
from patternwatch.contracts.lives import EntityKey


@dataclass(frozen=True, slots=True)
class PodPart:
    """Which version, track or zone of its workload a pod is.

    >>> PodPart(("", "", "shop", "cart"), "cart-0", {"version": "v2"}).labels
    {'version': 'v2'}
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="ignore", use_attribute_docstrings=True, json_schema_extra=without_examples
    )

    entity: EntityKey
    """Its workload as labels alone name it."""
    pod: str
    labels: dict[str, str] = field(default_factory=dict)
    """Those that name a part of a workload."""
