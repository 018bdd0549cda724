"""What real servers say when they refuse, and which error each becomes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from patternwatch.contracts.errors import (
    SourceError,
    SourceLimitError,
    SourceRefusedError,
    SourceSlowError,
    SourceUnavailableError,
)
from patternwatch.cortex.disconnections import disconnection
from patternwatch.cortex.http_errors import (
    LONGEST_RETRY_AFTER_S,
    not_prometheus,
    refusal,
    retry_after_s,
)
from patternwatch.cortex.refusal_words import WORDINGS

WIRE = Path(__file__).parents[1] / "fixtures" / "wire"
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
RECORDED = {
    "read_bad_regex.txt": SourceRefusedError,
    "read_no_tenant.txt": SourceRefusedError,
    "query_bad.json": SourceRefusedError,
    "query_too_many_points.json": SourceRefusedError,
    "read_too_large.txt": SourceLimitError,
    "read_resource_exhausted.json": SourceLimitError,
    "query_range_too_large.json": SourceLimitError,
}


@pytest.mark.parametrize("name", RECORDED)
def test_what_a_real_cortex_said(name: str) -> None:
    index = json.loads((WIRE / "index.json").read_text())
    (answer,) = [a for a in index["answers"] if a["file"] == name]
    error = refusal("http://cortex", answer["status"], (WIRE / name).read_bytes(), answer["headers"])
    assert type(error) is RECORDED[name]
    assert error.status == answer["status"]
    assert error.remedy


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (422, "query processing would load too many samples into memory in query execution", "limit"),
        (422, "the query hit the max number of chunks limit while fetching chunks", "limit"),
        (422, "the query hit the max number of series limit (limit: 100000 series)", "limit"),
        (422, "the query exceeded the maximum number of chunks (err-mimir-max-chunks-per-query)", "limit"),
        (422, "the query time range exceeds the limit (query length: 721h, limit: 720h)", "refused"),
        (422, "... exceeds the limit (err-mimir-max-query-length)", "refused"),
        (422, "exceeded series limit: rpc error: code = Code(422) desc = limit 10 exceeded", "limit"),
        (422, "expanding series: ... code = ResourceExhausted desc = limit 60 violated (got 104)", "limit"),
        (422, "the number of matching timeseries exceeds 40; either narrow down the search", "limit"),
        (422, "more than 300001 time series found on the time range", "limit"),
        (422, "cannot select more than -search.maxSamplesPerQuery=1000 samples", "limit"),
        (422, "not enough memory for processing 3 data points across 7 time series", "limit"),
        (400, "exceeded sample limit (50000000)", "limit"),
        (422, "... memory consumed (err-mimir-max-estimated-memory-consumption-per-query)", "limit"),
        (400, "too long query; got 17000 bytes; mustn't exceed `-search.maxQueryLen=16384` bytes", "limit"),
        (502, "http: response body too large", "limit"),
        (414, "", "limit"),
        (400, "maximum number of series per query exceeded", "limit"),
        (422, "query has been rejected by the service operator", "refused"),
        (500, "rpc error: code = ResourceExhausted desc = resource limit reached", "unavailable"),
        (500, "cannot query: too many inflight query requests in ingester", "unavailable"),
        (422, "ingester is currently too busy to process queries, try again later", "unavailable"),
        (400, "empty ring", "unavailable"),
        (400, "at least 2 live replicas required, could only find 1", "unavailable"),
        (400, "context deadline exceeded", "slow"),
        (503, "query timed out in expression evaluation", "slow"),
        (400, "too many unhealthy instances in the ring", "unavailable"),
        (422, "expanding series: rpc error: code = Unavailable desc = connection error", "unavailable"),
        (400, "1:14: parse error: unexpected end of input", "refused"),
        (400, "tenant ID 'a|b' contains unsupported character '|'", "refused"),
        (403, "connection refused by policy", "refused"),
        (400, "computer says no", "unclear"),
        (422, "", "unclear"),
        (500, "rpc error: code = ResourceExhausted desc = grpc: received message larger than max", "limit"),
        (500, "context canceled", "unavailable"),
        (429, "too many outstanding requests", "unavailable"),
        (429, "request rate limit exceeded", "unavailable"),
        (
            429,
            "rejected because the tenant exceeded the request rate limit (err-mimir-tenant-max-request-rate)",
            "unavailable",
        ),
        (422, "query samples processed 1200000 exceeded the error threshold of 1000000", "limit"),
        (
            400,
            "Maximum response size of 200000000 bytes reached. Consider querying less data",
            "limit",
        ),
        (429, "ingestion rate limit (25000) exceeded while adding 900 samples", "unavailable"),
        (429, "maximum of 20000 samples per second exceeded", "unavailable"),
        (
            429,
            "code = ResourceExhausted desc = exceeded the maximum of 40 requests",
            "unavailable",
        ),
        (429, "exceeded series limit: limit 60 violated (got 61)", "limit"),
        (429, "the query hit the max number of series limit (limit: 50 series)", "limit"),
        (503, "no healthy upstream", "unavailable"),
        (504, "", "slow"),
        (504, "<html><h1>504 Gateway Time-out</h1></html>", "slow"),
        (403, "forbidden", "refused"),
        (405, "", "refused"),
    ],
)
def test_limits_are_told_by_their_words(status: int, said: str, kind: str) -> None:
    kinds: dict[str, type[SourceError]] = {
        "limit": SourceLimitError,
        "refused": SourceRefusedError,
        "unavailable": SourceUnavailableError,
        "slow": SourceSlowError,
        "unclear": SourceRefusedError,
    }
    error = refusal("http://x", status, said.encode())
    assert type(error) is kinds[kind]
    assert error.is_unclear == (kind == "unclear")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("99999999", LONGEST_RETRY_AFTER_S),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("-5", None),
        ("7.5", None),
        ("soon", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_s(value, NOW) == seconds


def test_a_body_of_any_bytes_can_be_quoted() -> None:
    assert "http://x answered 400" in str(refusal("http://x", 400, b"\xff\x00" * 1000))


@pytest.mark.parametrize(
    "body",
    [
        b"error when executing query=" + b"x " * 5000 + b"the number of matching timeseries exceeds 40",
        json.dumps({"error": "y " * 5000 + "exceeded series limit: limit 60 violated"}).encode(),
        json.dumps({"message": "the query hit the max number of chunks limit"}).encode(),
        json.dumps({"error": {"status": "RESOURCE_EXHAUSTED", "message": "cells"}}).encode(),
    ],
    ids=["text", "json", "message", "google"],
)
def test_the_whole_body_is_looked_through_and_the_telling_place_is_quoted(body: bytes) -> None:
    error = refusal("http://x", 422, body)
    assert type(error) is SourceLimitError
    assert len(error.problem) < 400
    assert any(words in error.problem for words in ("exceeds 40", "limit 60", "the query hit", "EXHAUSTED"))


@pytest.mark.parametrize(
    ("url", "status", "body", "headers", "advised"),
    [
        ("http://cortex:9009/api/v1/query", 404, b"404 page not found", {}, "http://cortex:9009/prometheus"),
        ("http://cortex/prometheus/api/v1/query", 404, b"404 page not found", {}, "Check source.url"),
        ("http://x", 400, b"tenant ID 'a|b' contains unsupported character '|'", {}, "tenant_federation"),
        ("http://x", 422, b"the query time range exceeds the limit (query length: 3h)", {}, "shorter step"),
        ("http://x", 302, b"", {"Location": "https://login.example"}, "Redirects are not followed"),
        ("http://x", 400, b"Client sent an HTTP request to an HTTPS server.", {}, "https://"),
        ("http://x", 500, b"desc = resource limit reached", {}, "protects itself"),
        ("http://x", 400, b"empty ring", {}, "ring"),
    ],
)
def test_the_remedy_is_the_one_that_helps(
    url: str, status: int, body: bytes, headers: dict[str, str], advised: str
) -> None:
    error = refusal(url, status, body, headers)
    assert advised in error.remedy
    assert f"{url} answered {status}" in error.problem


def test_a_redirect_names_where_to() -> None:
    assert (
        "https://login.example"
        in refusal("http://x", 302, b"", {"Location": "https://login.example"}).problem
    )


def test_a_web_page_is_named() -> None:
    error = not_prometheus("http://x", b"\n<!DOCTYPE html><title>Log in</title>")
    assert "HTML" in error.problem
    assert "log in" in error.remedy


@pytest.mark.parametrize(
    ("said", "advised"),
    [
        ('400, message="Bad status line:\\n  Expected HTTP/, RTSP/ or ICE/"', "gRPC"),
        ("Cannot connect [[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)]", "http://"),
    ],
)
def test_a_port_that_speaks_another_protocol_is_not_tried_again(said: str, advised: str) -> None:
    error = disconnection("http://x", httpx.TransportError(said))
    assert isinstance(error, SourceRefusedError)
    assert advised in error.remedy


def test_a_500_in_unknown_words_is_tried_again_and_may_be_about_the_size() -> None:
    error = refusal("http://x", 500, b"computer says no")
    assert type(error) is SourceUnavailableError
    assert error.is_unclear


def test_every_row_of_the_table_says_where_it_was_seen() -> None:
    assert all(pattern and seen for rows in WORDINGS.values() for pattern, seen in rows)


def test_a_certificate_that_is_not_trusted_is_not_worth_another_try() -> None:
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert isinstance(disconnection("https://x", error), SourceRefusedError)
