"""How a command prints what it found: as a table for people, or as JSON for programs."""

from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer


class Format(StrEnum):
    """What stdout holds."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="table for people, json for programs.")]


def as_json(value: Any) -> bytes:
    """What a program reads: UTF-8, whatever the terminal's encoding.

    >>> print(as_json({"service": "café"}).decode())
    {
      "service": "café"
    }
    """
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)
