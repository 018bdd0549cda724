"""What an HTTP answer or a broken connection means: which error of ours it is, and what to do about it.

Cortex, Mimir, Thanos and Prometheus say the same things with different codes: an answer over a limit
comes as 413, as 422 (too many samples), as 400 or as 500 (gRPC's ResourceExhausted), so that the words
count more than the code.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from patternwatch.contracts.errors import (
    SourceError,
    SourceLimitError,
    SourceRefusedError,
    SourceUnavailableError,
)

_LIMIT_WORDS = (
    "resourceexhausted",
    "too many samples",
    "sample limit",
    "too large",
    "larger than the max",
    "larger than max",
    "limit exceeded",
    "exceeds limit",
    "exceeded the maximum",
    "the query hit the",
    "err-mimir-max-chunks",
    "err-mimir-max-series",
    "err-mimir-max-estimated",
)
_TIME_WORDS = ("query length", "time range exceeds", "max-query-length", "maximum resolution")
"""Limits on the window's length or its points: fewer series do not help."""
_MAX_SAID = 300
LONGEST_RETRY_AFTER_S = 3600.0
"""A server that asks for a longer pause than this is taken to ask for this one."""


def refusal(
    url: str, status: int, body: bytes, headers: Mapping[str, str] | None = None, now: datetime | None = None
) -> SourceError:
    """The error for an answer other than 200.

    now  the instant against which a Retry-After date is read; by default the wall clock
    """
    detail = body[:_MAX_SAID].decode(errors="replace").strip()
    said = f"{url} answered {status}: {detail}".rstrip(": ")
    words = detail.lower()
    pause = retry_after_s((headers or {}).get("Retry-After", ""), now)
    if status == httpx.codes.TOO_MANY_REQUESTS:  # a rate, whatever limit it speaks of
        return SourceUnavailableError(
            said,
            "Try again later, or raise this tenant's rate of queries at the source",
            status=status,
            retry_after_s=pause,
        )
    if any(w in words for w in _TIME_WORDS):
        return SourceRefusedError(said, "Ask for a shorter window, or a longer step", status=status)
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE or any(w in words for w in _LIMIT_WORDS):
        return SourceLimitError(said, "Narrow the selector, or lower analysis.shard_series", status=status)
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return SourceRefusedError(said, "Check the tenant and its credentials at the source", status=status)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return SourceUnavailableError(said, "Try again later", status=status, retry_after_s=pause)
    return SourceRefusedError(said, "Check the selector and source.url", status=status)


def disconnection(url: str, error: httpx.HTTPError | TimeoutError) -> SourceError:
    """The error for an answer that did not come, or broke off."""
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return SourceUnavailableError(
            f"{url} did not answer in time", "Raise source.timeout_s, or narrow the selector"
        )
    if isinstance(error, httpx.DecodingError):
        return SourceUnavailableError(
            f"{url} sent a body that cannot be decompressed ({error})", "Check what lies between"
        )
    said = str(error) or type(error).__name__
    if "certificate" in said.lower():
        return SourceRefusedError(
            f"{url} is not trusted ({said})", "Give the authority's certificate by source.ca_file"
        )
    return SourceUnavailableError(
        f"{url} cannot be reached ({said})", "Check source.url and that the server runs"
    )


def not_prometheus(url: str) -> SourceRefusedError:
    """The error for an answer of 200 that is not the Prometheus HTTP API's."""
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
