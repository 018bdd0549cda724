"""What servers say when they refuse, in one table: the words, what they mean, and where they were seen.

Cortex, Mimir, Thanos, VictoriaMetrics, proxies before them and managed services say the same with different
codes, so that the words count more than the code. A row is looked for in the whole body; the rows are tried
in their order, since an answer may hold the words of several: a limit of one store, told by another that
gives up because of it.
"""

import re
from enum import Enum
from typing import TypeAlias

import orjson

from patternwatch.cortex.web_page import is_web_page, words_of_page

MAX_SAID = 300
"""Characters of an answer that are quoted."""
_SAID_IN = ("error", "message", "errorMessage", "detail")
"""Fields of a JSON body: Prometheus' API, Grafana and gateways, in this order."""


class Meaning(Enum):
    """What a refusal is about, which decides what happens next."""

    TENANTS = "several tenants at once are not let in"
    BLOCKED = "an operator has blocked this query"
    WINDOW = "the window is too long"
    POINTS = "too many points of each series"
    BUSY = "the server protects itself: wait"
    STALE = "what the server knows of its store is old: try again"
    SIZE = "too much at once: ask for fewer series"
    DOOR = "the question did not come through: another address, or a certificate, is wanted"
    MISTAKE = "the query is wrong"
    SLOW = "the server gave up for time: try again, or ask for fewer series"
    AWAY = "a part of the server is away: try again"
    UNREACHED = "a gateway reaches no server for this: try again, or by another way"


Rows: TypeAlias = tuple[tuple[str, str], ...]
"""A regular expression, looked for in any case of letters, and which server says so, with its version."""

WORDINGS: dict[Meaning, Rows] = {
    Meaning.TENANTS: (
        (r"unsupported character '\|'", "Cortex 1.21, Mimir 2.x, where federation is off"),
        (r"multiple (org|tenant) ids present", "Cortex 1.x, Mimir 2.x"),
        (r"too many tenants, max", "Cortex 1.21: -tenant-federation.max-tenant"),
    ),
    Meaning.BLOCKED: (
        (r"rejected by the service operator", "Cortex 1.21: query_rejection"),
        (r"err-mimir-(query|request)-blocked|blocked by the cluster", "Mimir 2.11"),
    ),
    Meaning.WINDOW: (
        (r"query length|max(-total|-partial)?-query-length", "Cortex 1.21, Mimir 2.x"),
        (r"time range exceeds|time range is too big", "Cortex 1.21, VictoriaMetrics 1.9x"),
    ),
    Meaning.POINTS: (
        (r"maximum resolution", "Prometheus 2.42, Cortex 1.21"),
        (r"too many points for the given step|maxPointsPer(Timeseries|Series)", "VictoriaMetrics 1.9x"),
    ),
    Meaning.BUSY: (
        (r"resource limit reached", "Cortex 1.21: -ingester.query-protection.rejection"),
        (r"too many inflight (query |push )?requests", "Cortex 1.21, Mimir 2.x: instance limits"),
        (r"too busy to process queries", "Mimir 2.9: read path utilization limits"),
        (r"too many outstanding requests|too many concurrent (requests|queries)", "Cortex 1.21, Mimir 2.x"),
        (r"circuit breaker( is)? open", "Mimir 2.13"),
        (r"-search\.maxConcurrentRequests|couldn't start executing", "VictoriaMetrics 1.9x"),
        (r"throttlingexception|throttled|rate exceeded", "AWS's services (ThrottlingException)"),
        (r"rate ?limit( has been)? exceeded", "Cortex 1.21, gateways"),
        (r"quota exceeded for quota (metric|group)", "Google's APIs in general"),
        (r"request rate limit|err-mimir-tenant-max-request-rate", "Mimir 2.x, gateways"),
    ),
    Meaning.STALE: ((r"bucket index is too old|err-mimir-bucket-index-too-old", "Cortex 1.x, Mimir 2.x"),),
    Meaning.SIZE: (
        (r"too many samples", "Prometheus 2.42 (--query.max-samples), Cortex 1.21, Thanos 0.3x"),
        (r"sample limit", "Prometheus 2.42: --storage.remote.read-sample-limit"),
        (r"the query (hit|exceeded) the|the query response size", "Cortex 1.21, Mimir 2.x, AWS's quotas"),
        (r"err-mimir-max-\S*(per-query|bytes|size|series|chunks|memory)", "Mimir 2.x, 3.0"),
        (
            r"exceed\w* (the )?(series|chunks?|bytes|samples?|postings|response|memory|touched)( \w+)? limit",
            "Thanos 0.3x; store gateways of Cortex 1.21 and Mimir 2.x",
        ),
        (r"limit:? \d+ (violated|exceeded)", "Thanos 0.3x; Cortex 1.21's store gateway"),
        (r"number of (matching |unique )?time ?series exceeds", "VictoriaMetrics 1.6x to 1.10x"),
        (r"more than \d+ (unique )?time ?series (found|matched)", "VictoriaMetrics 1.37"),
        (
            r"-search\.max(UniqueTimeseries|Series|Samples|MemoryPerQuery|QueryLen|ResponseSeries|\*)",
            "VictoriaMetrics 1.64 to 1.10x",
        ),
        (r"max_fetch_series_limit_applied|results not exhaustive", "M3 1.x (its source), in a success"),
        (r"query aborted due to limit", "M3 1.x (its source)"),
        (r"samples processed\b.{0,80}(threshold|exceed)", "Amazon's service: query thresholds (its guide)"),
        (r"maximum response size of \d+ bytes reached", "Google's service (Monarch; its guide)"),
        (r"not enough memory for processing", "VictoriaMetrics 1.9x"),
        (r"cannot (select|process|return) more than", "VictoriaMetrics 1.64"),
        (
            r"too many (time ?series|series|chunks|metrics|data ?points|matches)|too much data",
            "gateways, in general",
        ),
        (
            r"(response|body|message|entity|request|result|uri|query|cookie)( is)? too (large|long|big)",
            "Grafana's data proxy (response_limit), nginx, gateways",
        ),
        (r"larger than (the )?max|exceeds? (the )?max(imum)? ", "gRPC in Cortex 1.21 (4 and 16 MiB)"),
        (r"exceed\w* the maximum|maximum \S+( \S+){0,5} exceeded", "gateways, in general"),
        (r"limits? (was |has been |is )?exceed", "gateways, in general"),
        (r"exceed\w* (the |a |its )?(\S+ ){0,4}limit", "gateways, in general"),
        (r"resource_?exhausted", "gRPC, where no row above told that it is the load"),
    ),
    Meaning.DOOR: (
        (r"http request (was sent )?to (an )?https (server|port)", "Go's servers, nginx"),
        (r"plain http to an ssl", "Apache"),
        (r"no required ssl certificate|the ssl certificate error", "nginx: ssl_verify_client"),
        (r"unsupported path requested|unsupported prefix", "VictoriaMetrics 1.9x, of a cluster and of none"),
        (r"(parse|find|missing) accountid", "VictoriaMetrics' cluster 1.9x"),
        (r"missing route for", "vmauth 1.9x"),
        (r"query parameter must be provided", "prom-label-proxy 0.x"),
    ),
    Meaning.MISTAKE: (
        (r"parse error|error parsing regexp|invalid parameter", "Prometheus 2.42, Cortex 1.21"),
        (r"cannot parse|unparsed data", "VictoriaMetrics 1.9x"),
        (r"no org id", "Cortex 1.21, Mimir 2.x"),
    ),
    Meaning.SLOW: (
        (r"context deadline exceeded|code = deadlineexceeded", "Cortex 1.21, Thanos 0.3x"),
        (r"query timed out|query was canceled", "Prometheus 2.42"),
        (r"timeout exceeded|maxQueryDuration", "VictoriaMetrics 1.9x"),
    ),
    Meaning.AWAY: (
        (r"empty ring|live replicas required", "Cortex 1.21"),
        (r"too many unhealthy instances|ring is not ready", "Cortex 1.21, Mimir 2.x"),
        (r"is unavailable \(current state|in (starting|stopping|leaving) state", "Cortex 1.x, Mimir 2.x"),
        (r"consistency.check failed|failed to fetch some blocks", "Cortex 1.21, Mimir 2.x"),
        (r"context canceled|code = (canceled|unavailable)", "Cortex 1.21, Thanos 0.3x"),
        (r"transport is closing|connection (refused|reset)|broken pipe|no route to host", "Go servers"),
        (r"server_error: server error: 5\d\d", "promxy, of a server behind it"),
        (r"no such host|i/o timeout|unexpected eof|server misbehaving", "Go servers"),
    ),
    Meaning.UNREACHED: ((r"no healthy upstream|upstream connect error", "Envoy"),),
}

_COMPILED = [
    (meaning, re.compile(pattern, re.IGNORECASE)) for meaning, rows in WORDINGS.items() for pattern, _ in rows
]


def meaning_of(words: str) -> tuple[Meaning, int] | None:
    """What a refusal means, and where in it that is said; None for words that are not in the table.

    >>> meaning_of("rpc error: code = ResourceExhausted desc = resource limit reached")[0].name
    'BUSY'
    >>> meaning_of("computer says no") is None
    True
    """
    for meaning, pattern in _COMPILED:
        if found := pattern.search(words):
            return meaning, found.start()
    return None


def words_of(body: bytes) -> str:
    """What an answer says: the error's own field where it is JSON, the text of a page, else all of it."""
    text = body.decode(errors="replace")
    if is_web_page(text[:200]):
        return words_of_page(text)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    for name in _SAID_IN if isinstance(found, dict) else ():
        said = found.get(name)
        if isinstance(said, dict):  # Google's services: {"error": {"status": ..., "message": ...}}
            said = " ".join(str(said[part]) for part in ("status", "message") if part in said)
        if isinstance(said, str) and said.strip():
            text = said
            break
    return " ".join(text.split())


def quoted(words: str, at: int = 0) -> str:
    """The words, or of long ones their beginning and what is around the telling place."""
    if len(words) <= MAX_SAID:
        return words
    if at < MAX_SAID // 2:
        return words[:MAX_SAID]
    around = words[max(at - MAX_SAID // 4, 0) : at + MAX_SAID // 2]
    return f"{words[: MAX_SAID // 4].rstrip()} ... {around}".strip()
