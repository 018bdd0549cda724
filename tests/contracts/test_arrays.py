"""Both ways to carry float32 in JSON, byte for byte, and what is said of values that are none."""

import math
import re
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from patternwatch.contracts.arrays import Floats32, PackedFloats, Points

PACKED = "AADAPwAAwH8="
"""1.5 and NaN as little-endian float32, in base64."""


def read(kind: Any, value: object) -> Floats32:
    """The value as a field of this kind holds it."""
    array: Floats32 = TypeAdapter(kind).validate_python(value)
    return array


@pytest.mark.parametrize(
    ("kind", "written", "as_json"),
    [(Points, [1.5, None], b"[1.5,null]"), (PackedFloats, PACKED, f'"{PACKED}"'.encode())],
)
def test_an_array_is_float32_and_is_written_as_it_was_read(
    kind: Any, written: object, as_json: bytes
) -> None:
    adapter = TypeAdapter(kind)
    array = adapter.validate_python(written)
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, np.array([1.5, math.nan], dtype=np.float32))
    assert adapter.dump_json(array) == as_json
    assert adapter.dump_python(array, mode="json") == written


def test_points_stay_an_array_for_the_codec_and_packed_floats_are_text_at_once() -> None:
    array = np.array([1.5, math.nan], dtype=np.float32)
    assert TypeAdapter(Points).dump_python(array) is array
    assert TypeAdapter(PackedFloats).dump_python(array) == PACKED


@pytest.mark.parametrize("kind", [Points, PackedFloats])
def test_an_array_of_another_type_becomes_float32_in_one_piece(kind: Any) -> None:
    array = read(kind, np.arange(6.0)[::2])
    assert array.dtype == np.float32
    assert array.tolist() == [0.0, 2.0, 4.0]
    assert array.flags.c_contiguous


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (Points, PACKED, r"expected a list of numbers and nulls$"),
        (Points, [1.0, "much"], r"expected numbers and nulls only \(could not convert string .*'much'\)$"),
        (PackedFloats, [1.0], r"expected a base64 string$"),
        (PackedFloats, "AADA*w==", r"expected base64 of float32 values \(.*base64.*\)$"),
        (PackedFloats, "AADA", r"expected base64 of float32 values \(buffer size must be a multiple .*\)$"),
    ],
)
def test_what_is_no_array_says_what_was_expected(kind: Any, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    (error,) = caught.value.errors()
    assert re.match("Value error, " + said, error["msg"])


def test_a_schema_says_how_an_array_is_written() -> None:
    assert TypeAdapter(Points).json_schema() == {
        "type": "array",
        "items": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "description": "float32 values in time order; null is a gap",
    }
    assert TypeAdapter(PackedFloats).json_schema() == {
        "type": "string",
        "contentEncoding": "base64",
        "description": "little-endian float32 values; NaN is a gap",
    }
