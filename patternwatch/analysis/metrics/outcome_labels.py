"""Labels whose value says that what is counted failed, or went well: each row with where it was seen.

What the one who asks did wrong (a 404, an unknown name, a bad argument) is no failure of the one who answers.
"""

from patternwatch.contracts.promql_names import both_forms

_HTTP = r"5xx|5\d\d"
_WORDS = rf"(?i)error|fail(ed|ure)?|timeout|(status_code|server)_error|{_HTTP}"
"""Words and statuses that libraries write; of Tempo's span metrics and Micrometer the last but one."""
_GRPC = (
    r"(?i)unknown|deadline_?exceeded|unimplemented|internal|unavailable|data_?loss"  # by name
    r"|2|4|12|13|14|15"  # by number
)
"""Of gRPC those that OpenTelemetry's semantic conventions call errors of the server."""
_DNS = r"(?i)servfail|refused|notimp|formerr"
"""Answers of a name server that are none; that a name does not exist is an answer (RFC 1035, 4.1.1)."""

FAILED_OUTCOMES: tuple[tuple[str, str], ...] = (
    ("code", _HTTP),  # client libraries' examples
    ("status", _WORDS),
    ("status_code", _WORDS),
    ("outcome", _WORDS),
    ("state", _WORDS),  # tasks of Celery, builds of Jenkins, by how they ended
    ("result", _WORDS),
    ("level", r"(?i)err(or)?|crit(ical)?|fatal|severe|panic|emerg(ency)?"),  # Micrometer: lines of a log
    ("response_code", _HTTP),  # Istio, "Istio Standard Metrics"
    ("response_code_class", "5|5xx|500"),  # the same, shortened to classes; Google Cloud
    ("envoy_response_code", _HTTP),  # Envoy, "Cluster manager: Statistics", dynamic HTTP statistics
    ("envoy_response_code_class", "5"),
    ("classification", "failure"),  # Linkerd, "Proxy Metrics"
    ("grpc_code", _GRPC),  # go-grpc-prometheus
    ("grpc_status", _GRPC),  # Linkerd
    ("grpc_response_status", _GRPC),  # Istio
    ("rcode", _DNS),  # CoreDNS, plugin "prometheus"
    # OpenTelemetry, semantic conventions: HTTP metrics, RPC metrics
    *((label, _WORDS) for label in both_forms("http.response.status_code")),
    *((label, _WORDS) for label in both_forms("http.status_code")),
    *((label, _GRPC) for label in both_forms("rpc.grpc.status_code")),
    *((label, r".+") for label in both_forms("error.type")),
)
"""Label, and the regular expression that its whole value matches where what is counted failed."""
_FINE = r"(?i)ok|success(ful)?|succeeded|[123]xx|[123]\d\d"

FINE_OUTCOMES: tuple[tuple[str, str], ...] = tuple(
    (label, _FINE) for label in ("code", "status", "status_code", "outcome", "result", "response_code")
)
"""The same where it went well: what is counted is work, whatever the name calls it (`jobs_total`)."""
