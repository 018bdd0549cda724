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
    SourceUnavailableError,
)
from patternwatch.cortex.http_errors import LONGEST_RETRY_AFTER_S, disconnection, refusal, retry_after_s

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
        (500, "rpc error: code = ResourceExhausted desc = grpc: received message larger than max", "limit"),
        (500, "context canceled", "unavailable"),
        (429, "too many outstanding requests", "unavailable"),
        (429, "request rate limit exceeded", "unavailable"),
        (503, "no healthy upstream", "unavailable"),
        (504, "", "unavailable"),
        (403, "forbidden", "refused"),
        (405, "", "refused"),
    ],
)
def test_limits_are_told_by_their_words(status: int, said: str, kind: str) -> None:
    kinds: dict[str, type[SourceError]] = {
        "limit": SourceLimitError,
        "refused": SourceRefusedError,
        "unavailable": SourceUnavailableError,
    }
    assert type(refusal("http://x", status, said.encode())) is kinds[kind]


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


def test_a_certificate_that_is_not_trusted_is_not_worth_another_try() -> None:
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert isinstance(disconnection("https://x", error), SourceRefusedError)
