"""What helps against a refusal: by the words of whoever refused, by their meaning, by the code.

None of this decides what is tried next, which `refusal_words` does.
"""

import re
from collections.abc import Mapping
from urllib.parse import urljoin

import httpx

from patternwatch.cortex.refusal_words import Meaning
from patternwatch.cortex.remedy_words import BY_WORDS

BY_MEANING = {
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
    Meaning.STALE: "The compactor does not keep the index of the store's blocks up to date: look at it",
    Meaning.DOOR: "Check source.url: what answers there takes no such request",
    Meaning.UNREACHED: "A gateway reaches no server behind it: look at that server",
    Meaning.AWAY: "A part of the source is away: look at its ring and its stores, and try again",
}

_COMPILED = [(re.compile(pattern, re.IGNORECASE), remedy) for pattern, _, remedy in BY_WORDS]
NOT_LET_IN = (401, 403)
_NO_SERVER = "The server starts, or a gateway has none behind it: look at that server, and try again"
_BEHIND_CLOUDFLARE = (
    "Cloudflare gets no answer from the server behind it: look at that, or give its own address"
)
_NOT_IN_TIME = "Raise the timeout of the gateway that answers, or of the source, or narrow the selector"
BY_CODE = {
    407: "The proxy wants a name and a password: give them in source.proxy_url",
    **dict.fromkeys((408, 425), "Try again later"),
    **dict.fromkeys((502, 503), _NO_SERVER),
    504: _NOT_IN_TIME,
    **dict.fromkeys(range(520, 531), _BEHIND_CLOUDFLARE),  # its own codes for what happens there
    524: _NOT_IN_TIME,
}


def remedy(url: str, status: int, meaning: Meaning | None, words: str, headers: Mapping[str, str]) -> str:
    """What to change.

    url      what was asked, without a query
    meaning  what the words say, None where they are not known
    words    all that was said

    >>> remedy("http://x/api/v1/query", 403, None, "RBAC: access denied", {}).partition(":")[0]
    'A policy of the mesh (AuthorizationPolicy) keeps this client out'
    >>> remedy("http://x/api/v1/query", 308, None, "", {"Location": "/metrics/api/v1/query"})
    'Redirects are not followed: give source.url as http://x/metrics'
    """
    by_words = next((helps for pattern, helps in _COMPILED if pattern.search(words)), None)
    if by_words is not None:
        return by_words
    is_about_time = meaning is Meaning.SLOW and status in BY_CODE
    if meaning not in (None, Meaning.MISTAKE) and not is_about_time:
        return BY_MEANING[meaning]
    return _by_code(url, status, headers)


def _by_code(url: str, status: int, headers: Mapping[str, str]) -> str:
    if httpx.codes.is_redirect(status):
        return _redirected(url, headers.get("Location", ""))
    if status in NOT_LET_IN:
        return _not_let_in(headers.get("WWW-Authenticate", ""))
    if status == httpx.codes.NOT_FOUND:
        return _not_found(url)
    other = "Try again later" if status >= httpx.codes.INTERNAL_SERVER_ERROR else BY_MEANING[Meaning.MISTAKE]
    return BY_CODE.get(status, other)


def _redirected(url: str, to: str) -> str:
    base, is_api, _ = urljoin(url, to).partition("/api/v1")
    if to and is_api and "?" not in base:
        return f"Redirects are not followed: give source.url as {base}"
    return (
        "Redirects are not followed: give the address itself as source.url, or credentials where it is a "
        "page to log in"
    )


def _not_let_in(challenge: str) -> str:
    scheme = challenge.partition(" ")[0].lower()
    if scheme == "basic":
        return "It asks for a name and a password: check source.username and source.password"
    if scheme == "bearer":
        return "It asks for a token: check source.bearer_token, its file, or source.authorization_command"
    return "Check the tenant, its credentials at the source, and what a proxy lets through"


def _not_found(url: str) -> str:
    base = url.partition("/api/v1")[0].rstrip("/")
    if base.endswith("/prometheus"):
        return "Check source.url: there is no Prometheus HTTP API under this address"
    return f"Check source.url: Cortex and Mimir serve the API under /prometheus ({base}/prometheus)"
