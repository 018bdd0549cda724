"""Records of older schema versions, read as the present version: a topic outlives a release.

A version is readable while the release after it is current; see docs/adr for the policy.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

_RENAMED_IN_2: Mapping[str, Mapping[str, str]] = {
    "Shard": {"most_candidates": "max_candidates"},
    "Candidate": {"kind": "category", "interest": "screening_score", "foretold": "expected"},
    "ShardResult": {"explained": "suppressed_by_season"},
    "SeriesCounts": {"explained": "suppressed_by_season"},
    "Finding": {"kind": "category"},
    "Taught": {"lesson_id": "example_id"},
    "Lesson": {"lesson_id": "example_id", "taught_by": "labelled_by", "taught_at_ms": "labelled_at_ms"},
}
"""Old field -> new field, by the part of a message that holds it."""


def _renamed(value: Json, part: str) -> Json:
    names = _RENAMED_IN_2[part]
    return {names.get(name, name): field for name, field in value.items()}


def _result(value: Json) -> Json:
    value = _renamed(value, "ShardResult")
    value["candidates"] = [_renamed(c, "Candidate") for c in value.get("candidates", [])]
    return value


def _report(value: Json) -> Json:
    counts, findings = value.get("counts"), value.get("findings", [])
    if isinstance(counts, dict):
        value = value | {"counts": _renamed(counts, "SeriesCounts")}
    return value | {"findings": [_finding(finding) for finding in findings]}


def _finding(value: Json) -> Json:
    value = _renamed(value, "Finding")
    if isinstance(value.get("taught"), dict):
        value["taught"] = _renamed(value["taught"], "Taught")
    return value


def _shard(value: Json) -> Json:
    return _renamed(value, "Shard")


def _example(value: Json) -> Json:
    return _renamed(value, "Lesson")


_FROM_1: Mapping[str, Callable[[Json], Json]] = {
    "Shard": _shard,
    "ShardResult": _result,
    "Report": _report,
    "LabelledExample": _example,
}


def upgraded(value: Json, kind: str) -> Json:
    """The record of a message `kind` in the present schema version; an unreadable one stays as it is.

    >>> upgraded({"schema_version": 1, "shard_id": "r-0", "most_candidates": 10}, "Shard")
    {'schema_version': 2, 'shard_id': 'r-0', 'max_candidates': 10}
    """
    if value.get("schema_version") != 1:
        return value
    upgrade = _FROM_1.get(kind)
    try:
        value = upgrade(value) if upgrade is not None else value
    except (AttributeError, TypeError):
        return value  # not the fields of its schema: validation says which
    return value | {"schema_version": 2}
