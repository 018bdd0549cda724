"""docs/settings.md: every setting of both processes, from the settings classes themselves."""

from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.settings import ProcessSettings
from patternwatch.streams.settings import WorkerSettings

PREFIX = "PATTERNWATCH_"
_INTRO = """\
# Settings

Every process reads environment variables once, at its start; a name or value that is not right is
an error that names it. Groups are joined by two underscores. Lists are JSON. What to do about an error is
said with dots, since a setting is the same wherever it is given: `source.url` is `PATTERNWATCH_SOURCE__URL`.
Written by `make docs`.
"""


def settings_document() -> str:
    """The page, as Markdown."""
    sections = [_INTRO]
    shared = list(ProcessSettings.model_fields)
    sections += ["## Both processes", "", *_table(_rows(ApiSettings, shared))]
    for title, kind in (("`patternwatch worker`", WorkerSettings), ("`patternwatch api`", ApiSettings)):
        own = [name for name in kind.model_fields if name not in shared]
        sections += ["", f"## {title}", "", *_table(_rows(kind, own))]
    for title, item in _lists(ApiSettings, shared):
        sections += ["", f"## Each of {PREFIX}{title.upper()}", "", *_table(_item_rows(item))]
    return "\n".join(sections) + "\n"


def _rows(kind: type[BaseSettings], names: list[str]) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    for name in names:
        field = kind.model_fields[name]
        rows += _field_rows(f"{PREFIX}{name.upper()}", field)
    return rows


def _field_rows(variable: str, field: FieldInfo) -> list[tuple[str, str, str]]:
    """The row of a setting, or those of a group and of the groups in it."""
    group = field.annotation
    if not (isinstance(group, type) and issubclass(group, BaseModel)):
        return [(variable, _default(field), _text(field))]
    return [
        row
        for name, inner in group.model_fields.items()
        for row in _field_rows(f"{variable}__{name.upper()}", inner)
    ]


def _lists(kind: type[BaseSettings], names: list[str]) -> list[tuple[str, type[BaseModel]]]:
    """The settings that are lists of groups, with the group."""
    return [
        (name, inner)
        for name in names
        for inner in getattr(kind.model_fields[name].annotation, "__args__", ())
        if isinstance(inner, type) and issubclass(inner, BaseModel)
    ]


def _item_rows(item: type[BaseModel]) -> list[tuple[str, str, str]]:
    return [(name, _default(field), _text(field)) for name, field in item.model_fields.items()]


def _table(rows: list[tuple[str, str, str]]) -> list[str]:
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    return lines + [f"| `{name}` | {default} | {text} |" for name, default, text in rows]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "(needed)"
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, Path):
        return f"`{value.name}`"
    if isinstance(value, tuple):
        shown = [v.model_dump(mode="json") if isinstance(v, BaseModel) else v for v in value]
        return f"`{_json(shown)}`"
    return f"`{_json(value)}`"


def _json(value: object) -> str:
    return orjson.dumps(value).decode().replace("|", "\\|")


def _text(field: FieldInfo) -> str:
    return " ".join((field.description or "").split())
