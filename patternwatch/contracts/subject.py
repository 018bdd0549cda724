"""The subject of a series, as it is found and as a report tells it."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from pydantic import ConfigDict

from patternwatch.contracts.descriptions import without_examples

Place: TypeAlias = tuple[str, str, str]
"""Tenant, cluster and namespace; empty where a series does not say."""
SEPARATOR = "\t"
"""Between the parts of a place, and before the name, where they travel as one text."""


@dataclass(frozen=True, slots=True)
class Key:
    """What tells entities of one name apart; empty where a series does not say.

    >>> Key("", "north", "shop", "cart").place
    ('', 'north', 'shop')
    """

    tenant: str
    cluster: str
    namespace: str
    name: str

    @property
    def place(self) -> Place:
        """Where it lies."""
        return self.tenant, self.cluster, self.namespace


@dataclass(frozen=True, slots=True)
class Subject:
    """What a series tells of, whoever tells it; empty fields are not known.

    >>> Subject(kind="deployment", name="cart", namespace="shop", pod="cart-5f6585d649-fnmft").replica
    'cart-5f6585d649-fnmft'
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="ignore", use_attribute_docstrings=True, json_schema_extra=without_examples
    )

    kind: str = ""
    """What the entity is: a workload (`deployment`, `statefulset`, `daemonset`, `job`, `cronjob`, `workload`
    where its name does not tell), `node`, `service`, `target` and so on."""
    label: str = ""
    """The label that names it."""
    name: str = ""
    tenant: str = ""
    """Of a federated query."""
    cluster: str = ""
    namespace: str = ""
    pod: str = ""
    container: str = ""
    node: str = ""
    instance: str = ""
    """Only where the entity itself was scraped, not somebody who tells of it."""

    @property
    def entity(self) -> Key:
        """The entity that it is or belongs to."""
        return Key(self.tenant, self.cluster, self.namespace, self.name)

    @property
    def replica(self) -> str:
        """Its pod, else its instance; empty where the series is of the entity as a whole."""
        return self.pod or self.instance
