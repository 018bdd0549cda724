"""What all records between the processes have in common. Every value is JSON with a `schema_version`.

Unknown fields are ignored, so that a newer sender can add some; another `schema_version` is refused.
"""

import re
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, StringConstraints

from patternwatch.contracts.descriptions import without_examples

SCHEMA_VERSION = 2
TENANT_PATTERN = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_.|-]{0,149}$")
Tenant: TypeAlias = Annotated[str, StringConstraints(pattern=TENANT_PATTERN.pattern)]


class Message(BaseModel):
    """Base of every record's value: immutable, with the schema version that it is written in.

    >>> Message().schema_version == SCHEMA_VERSION
    True
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
        json_schema_extra=without_examples,
    )

    schema_version: int = SCHEMA_VERSION


class Part(BaseModel):
    """Base of a message's parts: immutable, without a schema version of their own.

    >>> "schema_version" in Part.model_fields
    False
    """

    model_config = Message.model_config
