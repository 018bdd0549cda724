"""Messages to bytes and back, by orjson."""

from typing import TypeVar

import orjson
from pydantic import ValidationError

from patternwatch.contracts.base import SCHEMA_VERSION, Message
from patternwatch.contracts.errors import SchemaVersionError, UndecodableError
from patternwatch.contracts.problems import first_problem
from patternwatch.contracts.upgrade import upgraded

M = TypeVar("M", bound=Message)

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def encode(message: Message) -> bytes:
    """The message as compact JSON in UTF-8; NaN becomes null.

    >>> from patternwatch.contracts.ticks import Tick
    >>> encode(Tick(tenant="default", watch="shop", at_ms=1000))
    b'{"schema_version":2,"tenant":"default","watch":"shop","at_ms":1000}'
    """
    return orjson.dumps(message.model_dump(), option=_OPTIONS)


def decode(raw: bytes | None, kind: type[M]) -> M:
    """Read a record's value as a message of class `kind`; an older schema version is upgraded.

    Raises SchemaVersionError for a version that this release does not speak and UndecodableError
    for anything else that is not such a message.

    >>> from patternwatch.contracts.ticks import Tick
    >>> decode(b'{"schema_version":2,"tenant":"default","watch":"shop","at_ms":1000}', Tick).watch
    'shop'
    >>> decode(b"[]", Tick)
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.UndecodableError: A JSON list where a Tick was expected
    """
    if raw is None:
        raise UndecodableError(f"An empty record where a {kind.__name__} was expected")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UndecodableError(f"Not JSON where a {kind.__name__} was expected: {error}") from error
    if not isinstance(value, dict):
        raise UndecodableError(f"A JSON {type(value).__name__} where a {kind.__name__} was expected")
    value = upgraded(value, kind.__name__)
    version = value.get("schema_version")
    if version != SCHEMA_VERSION:
        raise SchemaVersionError(
            f"A {kind.__name__} of schema_version {version!r}",
            f"This release speaks version {SCHEMA_VERSION}: upgrade the older side",
        )
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise UndecodableError(f"Not a {kind.__name__}: {first_problem(error)}") from error
