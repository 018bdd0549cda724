"""Mutated messages: what is nearly one of ours, as bytes, by hypothesis.

Half of them are mutated as JSON (a field is taken away, is of another type, has an extreme value or is
nested), half as bytes (flipped, cut, doubled, put in): the first kind passes the decoder more often, the
second one shows what the decoder itself does.
"""

import json
from copy import deepcopy
from typing import Any, TypeAlias

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

Path: TypeAlias = tuple[str | int, ...]

EXTREMES: tuple[Any, ...] = (
    None, True, "", "\0", "\ud7ff", "x" * 10_000, -1, 0, 1, 2**31, 2**53, 2**63 - 1, -(2**63), 10**30, 0.1,
    1e308, [], {}, [None], {"": ""}, "NaN", "1970-01-01T00:00:00Z", "a|b", "../..", '{__name__=~".+"}', "(((",
)  # fmt: skip
"""Values that a field of any type may get."""
_EXTREME = st.sampled_from(EXTREMES).map(deepcopy)
"""A copy: what is put into a list or a dict of one message is not in the next one's."""
_DEEP = 2_000


def mutated(example: bytes, count: int, of_seed: int) -> list[bytes]:
    """So many mutated forms of a message, the same from the same seed; none of them is the message itself."""
    found: list[bytes] = []

    @seed(of_seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_as_json(example) | _as_bytes(example))
    def collect(value: bytes) -> None:
        if value != example:
            found.append(value)

    collect()
    # The same values come again where the message is small: some are as good as others.
    return [found[n % len(found)] for n in range(count)]


@st.composite
def _as_json(draw: st.DrawFn, example: bytes) -> bytes:
    value = json.loads(example)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths_of(value)))
        how = draw(st.sampled_from(("take away", "extreme", "extreme", "swap", "nest", "add")))
        value = _changed(draw, value, path, how)
    return json.dumps(value).encode("utf-8", "surrogatepass")


def _changed(draw: st.DrawFn, value: Any, path: Path, how: str) -> Any:
    if not path:
        return value
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    last: Any = path[-1]
    if how == "take away":
        del parent[last]
    elif how == "extreme":
        parent[last] = draw(_EXTREME)
    elif how == "swap":
        other = draw(st.sampled_from(paths_of(value)))
        parent[last] = json.loads(json.dumps(_at(value, other)))
    elif how == "nest":
        parent[last] = json.loads("[" * 50 + "]" * 50)
    elif isinstance(parent, dict):
        parent[draw(st.text(max_size=5))] = draw(_EXTREME)
    return value


def paths_of(value: Any, before: Path = ()) -> list[Path]:
    """The paths of all fields and members in a JSON value; of long lists the first three.

    >>> paths_of({"a": [1, {"b": 2}]})
    [(), ('a',), ('a', 0), ('a', 1), ('a', 1, 'b')]
    """
    found = [before]
    if isinstance(value, dict):
        for key, own in value.items():
            found += paths_of(own, (*before, key))
    elif isinstance(value, list):
        for number, own in enumerate(value[:3]):
            found += paths_of(own, (*before, number))
    return found


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


@st.composite
def _as_bytes(draw: st.DrawFn, example: bytes) -> bytes:
    at = draw(st.integers(0, len(example) - 1))
    how = draw(st.sampled_from(("flip", "cut", "double", "insert", "deep", "anything")))
    if how == "flip":
        return example[:at] + bytes([example[at] ^ (1 << draw(st.integers(0, 7)))]) + example[at + 1 :]
    if how == "cut":
        return example[:at]
    if how == "double":
        return example + example[at:]
    if how == "insert":
        return example[:at] + draw(st.binary(min_size=1, max_size=8)) + example[at:]
    if how == "deep":
        return example[:at] + b"[" * _DEEP
    return draw(st.binary(max_size=64))
