"""The OpenAPI document, in a form from which a TypeScript client is generated."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from patternwatch.api.http.problems import PROBLEM_JSON
from patternwatch.api.schemas.webhook import AlertmanagerWebhook

TAGS = [
    {"name": "alerts", "description": "Alerts: in by Alertmanager's webhook, out as a list."},
    {"name": "analyses", "description": "Analyses: start one, see how far it has come."},
    {"name": "reports", "description": "Reports: list, read, delete."},
    {"name": "examples", "description": "Examples: teach what a series shows, list them, take them back."},
    {"name": "watches", "description": "Watches: what is watched without an alert, and how it does."},
    {"name": "events", "description": "What happens in a tenant, as it happens."},
    {"name": "audit", "description": "Who did what in a tenant, for its operators."},
    {"name": "session", "description": "Who asks; signing the page in and out."},
    {"name": "reference", "description": "What there is to choose from."},
    {"name": "health", "description": "Whether the process lives and can do its work."},
]

_TAKEN = (
    "SignIn",
    "AnalysisCreate",
    "LabelledExampleCreate",
    "AlertmanagerWebhook",
    "WebhookAlert",
    "WatchPut",
    "WatchChange",
    "Mute",
    "QuietHours",
)
"""What we take rather than answer."""


def operation_id(route: APIRoute) -> str:
    """`list_reports` as `listReports`, the way generated clients name their functions."""
    first, *rest = route.name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def describe(app: FastAPI, document_more: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The document, made once: problems under their own media type, events under theirs.

    document_more  adds to it what stands before every route
    """
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=TAGS,
        )
        for path in document["paths"].values():
            for operation in path.values():
                _name_media_types(operation)
        schemas = document["components"]["schemas"]
        webhook = AlertmanagerWebhook.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= webhook.pop("$defs") | {"AlertmanagerWebhook": webhook}
        _require_what_is_answered(schemas)
        document_more(document)
        app.openapi_schema = document
    return app.openapi_schema


def _require_what_is_answered(schemas: dict[str, Any]) -> None:
    """An answer always holds every field, defaults too: a client need not ask whether it is there."""
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for name, schema in schemas.items():
        if name not in _TAKEN and "properties" in schema:
            schema["required"] = list(schema["properties"])


def _name_media_types(operation: dict[str, Any]) -> None:
    answers = operation.get("responses", {})
    # FastAPI adds this one to every route with a parameter; ours answer 422 by a problem or not at all.
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    for answer in answers.values():
        content = answer.get("content", {})
        plain = content.get("application/json", {})
        if plain.get("schema", {}).get("$ref", "").endswith("/Problem"):
            answer["content"] = {PROBLEM_JSON: plain}
    if operation.get("operationId") in ("streamEvents", "streamRevisions", "streamTenantEvents"):
        answer = operation["responses"]["200"]
        answer["content"] = {"text/event-stream": answer["content"]["application/json"]}
