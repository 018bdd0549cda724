"""The documents of the contracts: JSON Schemas of messages, AsyncAPI of the topics, OpenAPI of the API."""

import json
from typing import Any

from patternwatch import __version__
from patternwatch.api.app import create_app
from patternwatch.api.main import context_for
from patternwatch.api.role import API_ROLE
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.documents import asyncapi, file_name, message_schemas
from patternwatch.streams.agents.declarations import DECLARATIONS

ROLES = (API_ROLE, *(declaration.role for declaration in DECLARATIONS))
"""Every part of patternwatch that reads or writes a topic."""


def documents() -> dict[str, str]:
    """Every generated document: its path under docs/, and its text."""
    schemas = {f"schemas/{file_name(name)}.json": schema for name, schema in message_schemas().items()}
    app = create_app(context_for(ApiSettings()), feed=False)
    made = schemas | {"asyncapi.json": asyncapi(__version__, ROLES), "openapi.json": app.openapi()}
    return {path: _text(document) for path, document in made.items()}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
