"""What an HTTP answer or a broken connection means: which error of ours it is, and what to do about it.

The words of an answer count more than its code (`refusal_words`). Cortex' remote read says 400 to every error
there is, an ingester that restarts among them; an answer over a limit comes as 413, 422, 400, 429 or 500.
"""

import re
from codecs import BOM_UTF8
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
from patternwatch.cortex.remedies import BY_MEANING, NOT_LET_IN, remedy
from patternwatch.cortex.web_page import is_web_page

LONGEST_RETRY_AFTER_S = 3600.0
"""A server that asks for a longer pause than this is taken to ask for this one."""
_OF_THE_SOURCE = (Meaning.BUSY, Meaning.AWAY, Meaning.STALE, Meaning.SLOW)
"""What only the source itself says, and no proxy: another way of asking meets it as well."""
_PASSES = (Meaning.BUSY, Meaning.AWAY, Meaning.STALE, Meaning.UNREACHED)
_TOO_LARGE = (413, 414, 431)
_PASSING = (408, 425)
"""A request that did not come in time or too early: it may be sent again (RFC 9110, 15.5.9; RFC 8470)."""
_NOT_IN_TIME = (504, 524)
"""What lies behind a gateway was not in time (RFC 9110, 15.6.5; Cloudflare)."""
_WHATEVER_THE_CODE = (Meaning.TENANTS, Meaning.BLOCKED, Meaning.WINDOW)
_UNCLEAR = (400, 422, 500)
"""Codes behind which a limit may stand whose words are not in the table."""
_READ = re.compile(r"series|samples|chunks|data ?points", re.IGNORECASE)
_RATE = re.compile(r"\brate\b|per (second|minute|hour)|concurren|throttl|quota", re.IGNORECASE)
"""Gateways tell ResourceExhausted of gRPC as 429 (google.rpc.Code), be it a rate or the limit of a query."""
_NOT_PROCESSED = 422
_BEGINS_WELL = re.compile(rb'\s*\{\s*"status"\s*:\s*"success"')
_CODES_OF = {"bad_data": 400, "not_found": 404, "internal": 500, "timeout": 503, "unavailable": 503}
"""What Prometheus' API answers to its error types (web/api/v1/api.go); 422 to the others."""


def refusal(
    url: str, status: int, body: bytes, headers: Mapping[str, str] | None = None, now: datetime | None = None
) -> SourceError:
    """The error for an answer other than 200.

    url  what was asked, without a query
    now  the instant against which a Retry-After date is read; by default the wall clock
    """
    given = headers or {}
    words = words_of(body).removeprefix(f"{status} ")  # a gateway's page begins with it
    said, at = meaning_of(words) or (None, 0)
    meaning = said if said in _WHATEVER_THE_CODE else _meaning(status, said, words)
    problem = f"{url} answered {status}: {quoted(words, at)}".rstrip(": ")
    if httpx.codes.is_redirect(status) and (location := given.get("Location")):
        problem += f" (a redirect to {location})"
    error = _kind(status, meaning)(
        problem,
        remedy(url, status, meaning, words, given),
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
    if status in NOT_LET_IN and said in (*_PASSES, Meaning.SLOW):
        return None  # a word about a connection, by a proxy that lets nobody in
    if status >= httpx.codes.INTERNAL_SERVER_ERROR and said is Meaning.MISTAKE:
        return None
    if status in _NOT_IN_TIME and said is None:
        return Meaning.SLOW
    return said


def _kind(status: int, meaning: Meaning | None) -> type[SourceError]:
    if meaning is Meaning.SIZE:
        return SourceLimitError
    if meaning is Meaning.SLOW:
        return SourceSlowError
    is_passing = status >= httpx.codes.INTERNAL_SERVER_ERROR or status in _PASSING
    passes = meaning in _PASSES or (meaning is None and is_passing)
    return SourceUnavailableError if passes else SourceRefusedError


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
    return SourceLimitError(f"{url} answered in part only: {quoted(words, at)}", BY_MEANING[Meaning.SIZE])


def is_prometheus(body: bytes) -> bool:
    """Whether an answer of 200 is the Prometheus HTTP API's: JSON with `data`.

    >>> is_prometheus(b'{"status": "success", "data": {}}'), is_prometheus(b"<html>")
    (True, False)
    """
    try:
        found = orjson.loads(body.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and "data" in found


def not_prometheus(url: str, body: bytes = b"") -> SourceRefusedError:
    """The error for an answer of 200 that is not the Prometheus HTTP API's."""
    if is_web_page(body[:200].decode(errors="replace")):
        return SourceRefusedError(
            f"{url} does not answer like the Prometheus HTTP API, but with a web page (HTML)",
            "This looks like a page to log in, or another service: give credentials (source.bearer_token or "
            "source.username), or the address in front of /api/v1, for Cortex usually .../prometheus",
        )
    return SourceRefusedError(
        f"{url} does not answer like the Prometheus HTTP API",
        "Give the address in front of /api/v1, for Cortex usually .../prometheus",
    )


def not_json(url: str, body: bytes) -> SourceRefusedError:
    """The error for an answer of 200 that is no JSON: one that began well was cut off on the way.

    >>> not_json("http://x", b'{"status":"success","data":{"resu').problem
    'http://x answered with JSON that breaks off after 33 bytes'
    """
    if _BEGINS_WELL.match(body) is None:
        return not_prometheus(url, body)
    return SourceRefusedError(
        f"{url} answered with JSON that breaks off after {len(body)} bytes",
        "Look for a proxy that cuts or alters answers, and at its limits",
        is_unclear=True,  # perhaps fewer series fit
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
