"""Renamed settings: an old name is an error that gives the new one.

A renamed setting stays in this table for two minor releases, then its old name is an unknown setting.
"""

from collections.abc import Iterable, Mapping

from patternwatch.contracts.errors import InputError

PREFIX = "PATTERNWATCH_"

RENAMED: Mapping[str, str] = {
    "SOURCE__MOST_SAMPLES": "SOURCE__MAX_SAMPLES",
    "SOURCE__MOST_ANSWER_BYTES": "SOURCE__MAX_RESPONSE_BYTES",
    "ANALYSIS__MOST_SERIES": "ANALYSIS__MAX_SERIES",
    "ANALYSIS__KINDS": "ANALYSIS__METRIC_CATEGORIES",
    "ANALYSIS__SEEN_FROM_OUTSIDE": "ANALYSIS__CLIENT_ENTITY_PATTERN",
    "MOST_BODY_BYTES": "MAX_BODY_BYTES",
}
"""Old name -> new name, both without the prefix; renamed in 0.2.0."""

RENAMED_ITEMS: Mapping[str, Mapping[str, str]] = {"WATCHES": {"least_score": "min_score"}}
"""The same for the keys of a setting that is a list of objects."""


def check_names(environment: Mapping[str, str], known: Iterable[str]) -> None:
    """Raise InputError for a PATTERNWATCH_* variable with an old name, or with one that is no setting.

    known  names without the prefix; a group of settings as its own name

    >>> check_names({"PATTERNWATCH_PORT": "1"}, ["PORT"])
    >>> check_names({"PATTERNWATCH_MOST_BODY_BYTES": "1"}, ["MAX_BODY_BYTES"])
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.InputError: PATTERNWATCH_MOST_BODY_BYTES has another name since 0.2.0. Set PATTERNWATCH_MAX_BODY_BYTES instead
    """  # noqa: E501 - one line of a traceback
    groups = {name.upper() for name in known}
    for variable in sorted(environment):
        if not variable.upper().startswith(PREFIX):
            continue
        name = variable.upper().removeprefix(PREFIX)
        if name in RENAMED:
            raise InputError(
                f"{variable} has another name since 0.2.0", f"Set {PREFIX}{RENAMED[name]} instead"
            )
        if name.split("__")[0] not in groups:
            raise InputError(f"There is no setting {variable}", "See docs/settings.md for every one")
        for old, new in RENAMED_ITEMS.get(name, {}).items():
            if f'"{old}"' in environment[variable]:
                raise InputError(
                    f"{variable}: {old!r} has another name since 0.2.0", f"Write {new!r} instead"
                )
