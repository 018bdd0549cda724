"""Watches from a file, for `patternwatch watches apply`."""

from pathlib import Path
from typing import Any, TypeAlias

import yaml

from patternwatch.contracts.errors import InputError

Fields: TypeAlias = dict[str, Any]
_TOLD_BY_US = ("tenant", "changed_by", "changed_at_ms")


def read_watches(file: Path, tenant: str) -> list[Fields]:
    """The fields of each watch, as the API takes them; raises InputError where it is no such file."""
    remedy = "Write a list of watches, each with name and selector; `patternwatch watches show` prints one"
    try:
        read = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{file} cannot be read: {error}", remedy) from error
    if not isinstance(read, list) or not all(isinstance(one, dict) and "name" in one for one in read):
        raise InputError(f"{file} is no list of watches", remedy)
    others = {one["tenant"] for one in read if one.get("tenant", tenant) != tenant}
    if others:
        raise InputError(
            f"{file} has watches of {', '.join(sorted(others))}", "Apply a file for each tenant with --tenant"
        )
    return [{key: value for key, value in one.items() if key not in _TOLD_BY_US} for one in read]
