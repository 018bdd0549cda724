"""What an HTTP answer or a broken connection means: which error of ours it is, and what to do about it.

The words of an answer count more than its code (`refusal_words`). Cortex' remote read says 400 to every error
there is, an ingester that restarts among them; an answer over a limit comes as 413, 422, 400, 429 or 500.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import orjson

from patternwatch.contracts.errors import (
    SourceError,
    SourceLimitError,
    SourceRefusedError,
    SourceSlowError,
    SourceUnavailableError,
)
from patternwatch.cortex.refusal_words import Meaning, meaning_of, quoted, words_of

LONGEST_RETRY_AFTER_S = 3600.0
"""A server that asks for a longer pause than this is taken to ask for this one."""
_REMEDIES = {
    Meaning.TENANTS: "Switch tenant federation on at the source (tenant_federation.enabled in Cortex and "
    "Mimir), or give each of these tenants an entry of its own in the settings",
    Meaning.BLOCKED: "Ask the source's operator to let this selector through",
    Meaning.WINDOW: "Ask for fewer rows (analysis.rows) or a shorter step (analysis.step_ms), which make the "
    "window shorter, or raise the tenant's max_query_length at the source",
    Meaning.POINTS: "Ask for fewer rows (analysis.rows)",
    Meaning.BUSY: "The source protects itself from load: try again later, or give it more room",
    Meaning.SIZE: "Narrow the selector, raise the tenant's limit at the source, or lower "
    "analysis.shard_series",
    Meaning.MISTAKE: "Check the selector and source.url",
    Meaning.SLOW: "The source gave up: it is under load, or this is much for it; try again, narrow the "
    "selector, or raise the source's own timeout",
    Meaning.AWAY: "A part of the source is away: look at its ring and its stores, and try again",
}
_OF_THE_SOURCE = (Meaning.BUSY, Meaning.AWAY, Meaning.SLOW)
"""What only the source itself says, and no proxy: another way of asking meets it as well."""
_TOO_LARGE = (413, 414, 431)
_NOT_LET_IN = (401, 403)
_SERVER_ERROR = 500
_UNCLEAR = (400, 422, 500)
"""Codes behind which a limit may stand whose words are not in the table."""
_READ = re.compile(r"series|samples|chunks|data ?points", re.IGNORECASE)
_RATE = re.compile(r"\brate\b|per (second|minute|hour)|concurren|throttl|quota", re.IGNORECASE)
"""Gateways tell ResourceExhausted of gRPC as 429 (google.rpc.Code), be it a rate or the limit of a query."""
_NOT_PROCESSED = 422
_CODES_OF = {"bad_data": 400, "not_found": 404, "internal": 500, "timeout": 503, "unavailable": 503}
"""What Prometheus' API answers to its error types (web/api/v1/api.go); 422 to the others."""
_NOT_HTTP = ("bad status line", "expected http/", "badhttpmessage", "badstatusline", "illegal request line")
_NO_TLS = ("wrong_version_number", "record layer failure", "unknown protocol", "alert_protocol_version")


def refusal(
    url: str, status: int, body: bytes, headers: Mapping[str, str] | None = None, now: datetime | None = None
) -> SourceError:
    """The error for an answer other than 200.

    url  what was asked, without a query
    now  the instant against which a Retry-After date is read; by default the wall clock
    """
    given = headers or {}
    words = words_of(body)
    said, at = meaning_of(words) or (None, 0)
    meaning = _meaning(status, said, words)
    problem = f"{url} answered {status}: {quoted(words, at)}".rstrip(": ")
    if httpx.codes.is_redirect(status) and (location := given.get("Location")):
        problem += f" (a redirect to {location})"
    error = _kind(status, meaning)(
        problem,
        _remedy(url, status, meaning, words),
        status=status,
        retry_after_s=retry_after_s(given.get("Retry-After", ""), now),
        is_unclear=meaning is None and status in _UNCLEAR,
    )
    has_parsed = said is Meaning.MISTAKE and status == httpx.codes.BAD_REQUEST
    error.is_answer = said in _OF_THE_SOURCE or has_parsed
    return error


def refusal_in_success(url: str, body: bytes) -> SourceError:
    """The error for an answer of 200 whose own `status` is `error`, as if it had come with the code for it.

    >>> said = b'{"status": "error", "errorType": "timeout", "error": "query timed out in evaluation"}'
    >>> type(refusal_in_success("http://proxy", said)).__name__
    'SourceSlowError'
    """
    kind = orjson.loads(body).get("errorType")
    error = refusal(url, _CODES_OF.get(kind, _NOT_PROCESSED), body)
    error.is_answer = True
    return error


def _meaning(status: int, said: Meaning | None, words: str) -> Meaning | None:
    """What is meant, the code taken together with the words."""
    if status == httpx.codes.TOO_MANY_REQUESTS:  # a rate, unless it speaks of what one query reads
        is_of_query = said is Meaning.SIZE and _READ.search(words) and not _RATE.search(words)
        return Meaning.SIZE if is_of_query else Meaning.BUSY
    if status in _TOO_LARGE:
        return Meaning.SIZE
    if status in _NOT_LET_IN and said in (Meaning.AWAY, Meaning.BUSY, Meaning.SLOW):
        return None  # a word about a connection, by a proxy that lets nobody in
    if status >= _SERVER_ERROR and said is Meaning.MISTAKE:
        return None
    if status == httpx.codes.GATEWAY_TIMEOUT and said is None:
        return Meaning.SLOW  # RFC 9110, 15.6.5: what lies behind was not in time
    return said


def _kind(status: int, meaning: Meaning | None) -> type[SourceError]:
    if meaning is Meaning.SIZE:
        return SourceLimitError
    if meaning is Meaning.SLOW:
        return SourceSlowError
    passes = meaning in (Meaning.BUSY, Meaning.AWAY) or (meaning is None and status >= _SERVER_ERROR)
    return SourceUnavailableError if passes else SourceRefusedError


def _remedy(url: str, status: int, meaning: Meaning | None, words: str) -> str:
    if meaning is not None and meaning is not Meaning.MISTAKE:
        return _REMEDIES[meaning]
    if httpx.codes.is_redirect(status):
        return (
            "Redirects are not followed: give the address itself as source.url, or credentials where it is a "
            "page to log in"
        )
    if status in _NOT_LET_IN:
        return "Check the tenant, its credentials at the source, and what a proxy lets through"
    if status == httpx.codes.NOT_FOUND:
        return _not_found(url)
    if "http request to an https server" in words.lower():  # Go servers say so with 400
        return "Give source.url with https://"
    return "Try again later" if status >= _SERVER_ERROR else _REMEDIES[Meaning.MISTAKE]


def _not_found(url: str) -> str:
    base = url.partition("/api/v1")[0].rstrip("/")
    if base.endswith("/prometheus"):
        return "Check source.url: there is no Prometheus HTTP API under this address"
    return f"Check source.url: Cortex and Mimir serve the API under /prometheus ({base}/prometheus)"


def disconnection(url: str, error: httpx.HTTPError | TimeoutError) -> SourceError:
    """The error for an answer that did not come, or broke off."""
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return SourceSlowError(
            f"{url} did not answer in time", "Raise source.timeout_s, or narrow the selector"
        )
    if isinstance(error, httpx.DecodingError):
        return SourceUnavailableError(
            f"{url} sent a body that cannot be decompressed ({error})", "Check what lies between"
        )
    said = " ".join((str(error) or type(error).__name__).split())
    if "certificate" in said.lower():
        return SourceRefusedError(
            f"{url} is not trusted ({said})", "Give the authority's certificate by source.ca_file"
        )
    if any(words in said.lower() for words in _NOT_HTTP):
        return SourceRefusedError(
            f"{url} does not speak HTTP/1.1 ({quoted(said)})",
            "This looks like a gRPC port: give the port of HTTP (http_listen_port of Cortex and Mimir, "
            "10902 of Thanos), or https:// where the port wants TLS",
        )
    if any(words in said.lower() for words in _NO_TLS):
        return SourceRefusedError(
            f"{url} does not speak TLS ({quoted(said)})",
            "Give source.url with http://, or the port of HTTPS",
        )
    return SourceUnavailableError(
        f"{url} cannot be reached ({said})", "Check source.url and that the server runs"
    )


def limit_in_warnings(url: str, words: str) -> SourceLimitError | None:
    """The error for a success that leaves series out since they are over a limit; None where none is told.

    >>> warned = "rpc error: code = Unknown desc = failed to send series: limit 5 violated (got 6)"
    >>> limit_in_warnings("http://thanos", warned).problem
    'http://thanos answered in part only: rpc error: code = Unknown desc = failed to send series: limit 5 \
violated (got 6)'
    >>> limit_in_warnings("http://thanos", "PromQL warning: bucket label le is missing") is None
    True
    """
    meaning, at = meaning_of(words) or (None, 0)
    if meaning is not Meaning.SIZE:
        return None
    return SourceLimitError(f"{url} answered in part only: {quoted(words, at)}", _REMEDIES[Meaning.SIZE])


def is_prometheus(body: bytes) -> bool:
    """Whether an answer of 200 is the Prometheus HTTP API's: JSON with `data`.

    >>> is_prometheus(b'{"status": "success", "data": {}}'), is_prometheus(b"<html>")
    (True, False)
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and "data" in found


def not_prometheus(url: str, body: bytes = b"") -> SourceRefusedError:
    """The error for an answer of 200 that is not the Prometheus HTTP API's."""
    if body.lstrip()[:200].lower().startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        return SourceRefusedError(
            f"{url} does not answer like the Prometheus HTTP API, but with a web page (HTML)",
            "This looks like a page to log in, or another service: give credentials (source.bearer_token or "
            "source.username), or the address in front of /api/v1, for Cortex usually .../prometheus",
        )
    return SourceRefusedError(
        f"{url} does not answer like the Prometheus HTTP API",
        "Give the address in front of /api/v1, for Cortex usually .../prometheus",
    )


def retry_after_s(value: str, now: datetime | None = None) -> float | None:
    """Seconds that the header Retry-After asks for (RFC 9110, 10.2.3); None where it is not readable."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_RETRY_AFTER_S)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    seconds = (until - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S)
