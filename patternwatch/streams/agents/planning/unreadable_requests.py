"""What can be told of a request that cannot be read: its key names the analysis that somebody waits for."""

from typing import Any

import orjson
from pydantic import ValidationError

from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import CURRENT_ROWS, Window

UNREADABLE = "An analysis whose request cannot be read"
_TOLD = ("trigger", "title", "matchers", "window", "requested_at_ms", "compare", "alert", "watch", "episode")
"""Fields that a failed report repeats."""


def request_of_key(
    key: bytes | None, value: bytes | None, now_ms: int, step_ms: int
) -> AnalysisRequest | None:
    """The request with this key, with those of its fields that can be read; None where the key names none.

    now_ms, step_ms  of the window that is shown where its own cannot be read

    >>> raw = b'{"title": "slow checkout", "matchers": 7}'
    >>> request = request_of_key(b"default/r1", raw, 600_000_000, 30_000)
    >>> request.tenant, request.request_id, request.title, request.matchers
    ('default', 'r1', 'slow checkout', ())
    >>> request_of_key(b"r1", b"{}", 600_000_000, 30_000)
    """
    tenant, _, request_id = (key or b"").decode(errors="replace").partition("/")
    fields: dict[str, Any] = {
        "request_id": request_id,
        "tenant": tenant,
        "trigger": "manual",
        "title": UNREADABLE,
        "matchers": (),
        "window": Window.ending(now_ms, now_ms - CURRENT_ROWS * step_ms, step_ms),
        "requested_at_ms": now_ms,
    }
    if not tenant or not request_id or _read(fields) is None:
        return None
    told = _object(value)
    for name in _TOLD:
        if name in told and _read(fields | {name: told[name]}) is not None:
            fields[name] = told[name]
    return _read(fields)


def _read(fields: dict[str, Any]) -> AnalysisRequest | None:
    try:
        return AnalysisRequest.model_validate(fields)
    except ValidationError:
        return None


def _object(value: bytes | None) -> dict[str, Any]:
    try:
        told = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}
