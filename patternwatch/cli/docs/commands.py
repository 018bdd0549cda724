"""docs/cli.md: every command with its arguments and options, from the commands themselves."""

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

from patternwatch.cli.main import app

_INTRO = """\
# Commands

`patternwatch COMMAND --help` says the same in a terminal. Exit codes: 0 where it worked, 1 where a check
fails or a process ended by itself, 2 for an input or a setting that is not right. Written by `make docs`.
"""


def commands_document() -> str:
    """The page, as Markdown."""
    parts = [_INTRO]
    for name, function in _commands("patternwatch", app):
        parts += [f"## `{name}`", "", _paragraphs(function), *_table(function)]
    return "\n".join(parts).rstrip() + "\n"


def _commands(name: str, group: typer.Typer) -> Iterator[tuple[str, Callable[..., Any]]]:
    for command in group.registered_commands:
        if command.callback is not None:
            yield f"{name} {command.name or command.callback.__name__}", command.callback
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from _commands(f"{name} {inner.name}", inner.typer_instance)


def _paragraphs(function: Callable[..., Any]) -> str:
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs) + "\n"


def _table(function: Callable[..., Any]) -> list[str]:
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    rows = [_row(parameter, *get_args(hints[parameter.name])) for parameter in parameters]
    return ["| option | default | meaning |", "|---|---|---|", *rows, ""] if rows else []


def _row(parameter: inspect.Parameter, kind: Any, info: ArgumentInfo | OptionInfo) -> str:
    if isinstance(info, OptionInfo):
        # Within Annotated, Typer takes the first name that is given for the default.
        given = [str(name) for name in (info.default, *(info.param_decls or ())) if str(name).startswith("-")]
        name = ", ".join(given) or f"--{parameter.name.replace('_', '-')}"
    else:
        name = info.metavar or parameter.name.upper()
    choices = [c for c in (kind, *get_args(kind)) if isinstance(c, type) and issubclass(c, Enum)]
    text = (info.help or "") + "".join(f" One of: {', '.join(v.value for v in c)}." for c in choices)
    return f"| `{name}` | {_default(parameter, shown=info.show_default is not False)} | {_cell(text)} |"


def _default(parameter: inspect.Parameter, *, shown: bool) -> str:
    value = parameter.default
    if value is inspect.Parameter.empty:
        return "(needed)"
    if value is None or value is False or not shown:
        return ""
    return f"`{_cell(_written(value))}`"


def _written(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return value.as_posix() if isinstance(value, Path) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
