"""The metrics of this process, on /metrics."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector

METRICS_CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Every metric of the API, in a registry of its own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        ProcessCollector(registry=registry)
        self.requests = counter(
            "patternwatch_api_requests_total", "HTTP requests answered.", ("method", "route", "status")
        )
        self.request_seconds = histogram(
            "patternwatch_api_request_duration_seconds",
            "Time from a request to the beginning of its answer.",
            ("method", "route"),
            buckets=_SECONDS,
        )
        self.event_streams = gauge("patternwatch_api_event_streams", "Event streams that are open.")
        self.alerts = counter(
            "patternwatch_api_alerts_total", "Alerts taken from webhooks and sent on.", ("tenant", "status")
        )
        self.alerts_missed = counter(
            "patternwatch_api_alerts_missed_total",
            "Alerts of webhooks that nobody looks at: they could not be read, or the sender left them out.",
            ("tenant", "why"),
        )
        self.analyses = counter(
            "patternwatch_api_analyses_total", "Analyses asked for by hand and sent on.", ("tenant",)
        )
        self.analyses_lost = counter(
            "patternwatch_api_analyses_lost_total",
            "Analyses that were ended since their request vanished before a worker took it.",
            ("tenant",),
        )
        self.feed_records = counter(
            "patternwatch_api_feed_records_total", "Records consumed into the read model.", ("topic",)
        )
        self.feed_rejected = counter(
            "patternwatch_api_feed_rejected_total",
            "Records that could not be read and were passed over.",
            ("topic", "error"),
        )
        self.feed_lag = gauge(
            "patternwatch_api_feed_lag_records",
            "Records on the topic that the read model does not hold yet.",
            ("topic",),
        )
        self.feeding = gauge(
            "patternwatch_api_feeding",
            "1 in the process that feeds the read model, 0 in the others on its database.",
        )
        self.pruned = counter(
            "patternwatch_api_pruned_total",
            "What was old enough, or too much, and was deleted (settings `retention`).",
            ("kind",),
        )
        self.feed_restarts = counter(
            "patternwatch_api_feed_restarts_total", "Times that the feed died and was started again."
        )

    def exposition(self) -> bytes:
        """All of them, in the text format of Prometheus."""
        return generate_latest(self.registry)
