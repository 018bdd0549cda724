"""Whose an entity is that labels alone do not place, as scans send it."""

from pydantic import BaseModel, ConfigDict

from patternwatch.contracts.descriptions import without_examples
from patternwatch.contracts.lives import EntityKey


class OwnerLink(BaseModel):
    """An entity as labels alone name it, and what another series says that it belongs to.

    >>> OwnerLink(key=("", "", "shop", "cart-blue"), kind="rollout", name="cart").name
    'cart'
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, json_schema_extra=without_examples
    )

    key: EntityKey
    """A pod, a ReplicaSet, a Job, or an address of a node."""
    kind: str
    """What it belongs to: a workload or a node, which lies in the same place."""
    name: str
