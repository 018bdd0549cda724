"""Arrays inside messages: two ways to carry float32 in JSON.

`Points` is for readers: a JSON array of numbers with null for a gap. `PackedFloats` is for messages between
our own processes: base64 of little-endian float32, a third of the bytes.

>>> from pydantic import BaseModel, ConfigDict
>>> class Both(BaseModel):
...     model_config = ConfigDict(arbitrary_types_allowed=True)
...     points: Points
...     packed: PackedFloats
>>> both = Both(points=[1.5, None], packed="AADAPw==")
>>> both.points, both.packed
(array([1.5, nan], dtype=float32), array([1.5], dtype=float32))
>>> both.model_dump_json()
'{"points":[1.5,null],"packed":"AADAPw=="}'
"""

import base64
import binascii
import math
from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue as Schema
from pydantic_core import CoreSchema, core_schema

Floats32: TypeAlias = npt.NDArray[np.float32]
_MAX_FLOAT32 = 3e38
"""Just inside the range of float32."""


def as_float32(values: npt.NDArray[np.float64]) -> Floats32:
    """As float32, shape kept; values outside its range are cut to it, since infinity would read as a gap.

    >>> as_float32(np.array([1.5, 1e300])).tolist() == [1.5, float(np.float32(3e38))]
    True
    """
    return np.clip(values, -_MAX_FLOAT32, _MAX_FLOAT32).astype(np.float32)


class _AsNumbers:
    """Numbers and nulls to float32 with NaN for null; dumps the array itself, for orjson."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _floats_from_list,
            serialization=core_schema.plain_serializer_function_ser_schema(
                _list_from_floats, when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> Schema:
        return {
            "type": "array",
            "items": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            "description": "float32 values in time order; null is a gap",
        }


class _AsBase64:
    """Validates base64 of little-endian float32; dumps the same."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _floats_from_base64,
            serialization=core_schema.plain_serializer_function_ser_schema(_base64_from_floats),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> Schema:
        return {
            "type": "string",
            "contentEncoding": "base64",
            "description": "little-endian float32 values; NaN is a gap",
        }


def _floats_from_list(value: Any) -> Floats32:
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value, dtype=np.float32)
    if not isinstance(value, list | tuple):
        raise ValueError("expected a list of numbers and nulls")
    try:
        return np.array([np.nan if v is None else v for v in value], dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected numbers and nulls only ({error})") from error


def _list_from_floats(value: Floats32) -> list[float | None]:
    return [None if math.isnan(v) else v for v in value.tolist()]


def _floats_from_base64(value: Any) -> Floats32:
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value, dtype=np.float32)
    if not isinstance(value, str):
        raise ValueError("expected a base64 string")
    try:
        return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4").astype(np.float32)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"expected base64 of float32 values ({error})") from error


def _base64_from_floats(value: Floats32) -> str:
    return base64.b64encode(value.astype("<f4").tobytes()).decode("ascii")


Points = Annotated[Floats32, _AsNumbers]
PackedFloats = Annotated[Floats32, _AsBase64]
