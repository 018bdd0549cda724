"""Writes the documents of the contracts: `python -m patternwatch.api.documents [FOLDER]`."""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from patternwatch.api.app import create_app
from patternwatch.api.main import parts_for
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.documents import asyncapi, file_name, message_schemas


def documents() -> dict[str, str]:
    """Every generated document: its path under docs/, and its text."""
    schemas = {f"schemas/{file_name(name)}.json": schema for name, schema in message_schemas().items()}
    app = create_app(parts_for(ApiSettings()), feed=False)
    made = schemas | {"asyncapi.json": asyncapi(version("patternwatch")), "openapi.json": app.openapi()}
    return {path: _text(document) for path, document in made.items()}


def write(folder: Path) -> None:
    """Write them all under this folder."""
    for path, text in documents().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
