"""The metrics of this process, on /metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector

METRICS_CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Every metric of the API, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "patternwatch_api_requests_total",
            "HTTP requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "patternwatch_api_request_duration_seconds",
            "Time from a request to the beginning of its answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.event_streams = Gauge(
            "patternwatch_api_event_streams", "Event streams that are open.", registry=self.registry
        )
        self.alerts = Counter(
            "patternwatch_api_alerts_total",
            "Alerts taken from webhooks and sent on.",
            ("tenant", "status"),
            registry=self.registry,
        )
        self.analyses = Counter(
            "patternwatch_api_analyses_total",
            "Analyses asked for by hand and sent on.",
            ("tenant",),
            registry=self.registry,
        )
        self.feed_records = Counter(
            "patternwatch_api_feed_records_total",
            "Records consumed into the read model.",
            ("topic",),
            registry=self.registry,
        )
        self.feed_rejected = Counter(
            "patternwatch_api_feed_rejected_total",
            "Records that could not be read and were passed over.",
            ("topic", "error"),
            registry=self.registry,
        )
        self.feed_lag = Gauge(
            "patternwatch_api_feed_lag_records",
            "Records on the topic that the read model does not hold yet.",
            ("topic",),
            registry=self.registry,
        )
        self.feed_restarts = Counter(
            "patternwatch_api_feed_restarts_total",
            "Times that the feed died and was started again.",
            registry=self.registry,
        )

    def exposition(self) -> bytes:
        """All of them, in the text format of Prometheus."""
        return generate_latest(self.registry)
