"""What the guard asks and answers, in the OpenAPI document: it stands before every route."""

from http import HTTPStatus
from typing import Any

from patternwatch.api.access.callers import Right
from patternwatch.api.access.credentials import COOKIE
from patternwatch.api.access.needs import right_needed
from patternwatch.api.http.problems import PROBLEM_JSON

_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of `patternwatch tokens`, or a JWT.",
    },
    "password": {"type": "http", "scheme": "basic", "description": "The token as password of any name."},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Of the page's sign-in."},
}


def document_access(document: dict[str, Any]) -> None:
    """Add the credentials to the operations that take some, and how they are refused."""
    document["components"]["securitySchemes"] = _SCHEMES
    for path, item in document["paths"].items():
        for method, operation in item.items():
            need = right_needed(method.upper(), path)
            if need is None:
                operation["security"] = []
                continue
            operation["security"] = [{name: []} for name in _SCHEMES]
            refusals = (401, 403, 503) if need is Right.SEND else (401, 403, 429, 503)
            for status in refusals:
                operation["responses"].setdefault(str(status), _problem(status))


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM_JSON: {"schema": schema}}}
