"""What servers, services and gateways say when they refuse, and what we tell an operator to change."""

import json

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
from patternwatch.cortex.http_errors import refusal
from patternwatch.cortex.refusal_words import Meaning
from patternwatch.cortex.remedies import BY_MEANING
from patternwatch.cortex.remedy_words import BY_WORDS

LIMIT, REFUSED = SourceLimitError, SourceRefusedError
SLOW, AWAY = SourceSlowError, SourceUnavailableError


def page(title: str) -> str:
    return (
        f"<html>\r\n<head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    )


@pytest.mark.parametrize(
    ("status", "said", "kind", "advised"),
    [
        (
            429,
            "blocked by the cluster administrator (err-mimir-request-blocked)",
            REFUSED,
            "let this selector",
        ),
        (
            422,
            "bucket index is too old, which exceeds the maximum allowed staleness period of 1h",
            AWAY,
            "compactor",
        ),
        (400, "query aborted due to limit: name=docs-matched, limit=1, current=2", LIMIT, "Narrow"),
        (422, "Multiple errors: [server_error: server error: 502]", AWAY, "stores"),
        (400, 'unsupported path requested: "/api/v1/query"', REFUSED, "/select/0/prometheus"),
        (400, 'auth error: cannot parse accountID "api"', REFUSED, "/select/0/prometheus"),
        (400, 'missing route for "http://vmauth:8427/api/v1/query"', REFUSED, "url_map"),
        (403, '{"message": "Access denied to proxy"}', REFUSED, "Grafana"),
        (401, '{"error": "authentication error: invalid scope requested"}', REFUSED, "metrics:read"),
        (403, '{"message": "Missing Authentication Token"}', REFUSED, "aws-sigv4-proxy"),
        (
            403,
            '{"message": "x is not authorized to perform: aps:QueryMetrics on y"}',
            REFUSED,
            "aps:GetSeries",
        ),
        (404, '{"message": "Workspace not found"}', REFUSED, "workspace"),
        (
            401,
            '{"error": {"status": "UNAUTHENTICATED", "message": "Expected OAuth 2 access token"}}',
            REFUSED,
            "gcloud",
        ),
        (
            403,
            '{"error": {"message": "Permission monitoring.timeSeries.list denied"}}',
            REFUSED,
            "roles/monitoring.viewer",
        ),
        (
            403,
            "Forbidden (user=system:anonymous, verb=get, resource=prometheuses)",
            REFUSED,
            "service account",
        ),
        (400, 'Bad request. The "namespace" query parameter must be provided.', REFUSED, "prom-label-proxy"),
        (401, "no org id", REFUSED, "X-Scope-OrgID"),
        (403, "RBAC: access denied", REFUSED, "AuthorizationPolicy"),
        (401, "Jwt is missing", REFUSED, "source.bearer_token_file"),
        (503, "upstream connect error or disconnect/reset before headers", AWAY, "gateway"),
        (504, "upstream request timeout", SLOW, "timeout of the gateway"),
        (400, page("400 The plain HTTP request was sent to HTTPS port"), REFUSED, "https://"),
        (400, page("400 No required SSL certificate was sent"), REFUSED, "client_certificate_file"),
        (400, page("400 Request Header Or Cookie Too Large"), LIMIT, "Narrow"),
        (408, page("408 Request Time-out"), AWAY, "again"),
        (407, "", REFUSED, "source.proxy_url"),
        (502, page("502 Bad Gateway"), AWAY, "look at that server"),
        (503, '{"error": "TSDB not ready"}', AWAY, "some minutes"),
        (521, "error code: 521", AWAY, "Cloudflare"),
        (524, page("x.example | 524: A timeout occurred"), SLOW, "timeout of the gateway"),
        (403, page("Just a moment..."), REFUSED, "Cloudflare"),
    ],
)
def test_the_remedy_fits_who_refused(status: int, said: str, kind: type[SourceError], advised: str) -> None:
    error = refusal("http://x/api/v1/query", status, said.encode())
    assert type(error) is kind
    assert advised in error.remedy
    assert not error.is_unclear


@pytest.mark.parametrize(
    ("challenge", "advised"),
    [('Basic realm="p"', "source.username"), ("Bearer", "source.bearer_token"), ("", "credentials")],
)
def test_a_challenge_names_the_kind_of_credentials(challenge: str, advised: str) -> None:
    assert advised in refusal("http://x", 401, b"Unauthorized", {"WWW-Authenticate": challenge}).remedy


@pytest.mark.parametrize(
    ("to", "advised"),
    [
        ("https://x/api/v1/query", "source.url as https://x"),
        ("/prometheus/api/v1/query", "source.url as http://x/prometheus"),
        ("https://login.example/start?rd=http%3A%2F%2Fx%2Fapi%2Fv1%2Fquery", "credentials"),
        ("https://login.example/start?rd=/api/v1/query", "credentials"),
        ("", "credentials"),
    ],
)
def test_a_redirect_to_the_same_api_gives_its_address(to: str, advised: str) -> None:
    assert advised in refusal("http://x/api/v1/query", 302, b"", {"Location": to}).remedy


def test_of_a_page_its_text_is_quoted() -> None:
    error = refusal("http://x", 502, page("502 Bad Gateway").encode())
    assert error.problem == "http://x answered 502: Bad Gateway"


@pytest.mark.parametrize(
    ("said", "kind", "advised"),
    [
        (
            "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required",
            REFUSED,
            "client_cert",
        ),
        ("[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure", REFUSED, "client_cert"),
        ("certificate verify failed: certificate has expired", REFUSED, "Renew"),
        ("certificate verify failed: Hostname mismatch, certificate is not valid for 'x'", REFUSED, "name"),
        ("certificate verify failed: unable to get local issuer certificate", REFUSED, "source.ca_file"),
        ("Cannot connect to host prom:9090 ssl:default [Name or service not known]", AWAY, "DNS"),
        (
            "Cannot connect to host x:1 ssl:default [Connect call failed ('127.0.0.1', 1)]",
            AWAY,
            "server runs",
        ),
    ],
)
def test_what_helps_where_no_connection_comes_about(said: str, kind: type[SourceError], advised: str) -> None:
    error = disconnection("https://x", httpx.ConnectError(said))
    assert type(error) is kind
    assert advised in error.remedy


def test_each_meaning_has_a_remedy_and_each_row_who_says_so() -> None:
    assert set(BY_MEANING) == set(Meaning)
    assert all(pattern and seen and helps for pattern, seen, helps in BY_WORDS)


def test_words_of_a_person_are_no_words_of_a_gateway() -> None:
    body = json.dumps({"error": "1:4: parse error: unexpected <op:*>"}).encode()
    assert refusal("http://x", 400, body).remedy == BY_MEANING[Meaning.MISTAKE]
