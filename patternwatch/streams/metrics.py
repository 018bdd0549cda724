"""What a worker measures of itself, served as /metrics. docs/metrics.md is made from this file."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class WorkerMetrics:
    """The instruments of one worker, on a registry of its own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.records_in = Counter(
            "patternwatch_records_in", "Records read from Kafka.", ["topic"], registry=registry
        )
        self.records_out = Counter(
            "patternwatch_records_out", "Records that Kafka confirmed.", ["topic"], registry=registry
        )
        self.dead_letters = Counter(
            "patternwatch_dead_letters",
            "Records that could not be worked on, by the topic they came from and the error.",
            ["topic", "error"],
            registry=registry,
        )
        self.stage_seconds = Histogram(
            "patternwatch_stage_seconds",
            "Time of one stage of an analysis: plan, fetch, scan, conclude.",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.report_seconds = Histogram(
            "patternwatch_report_seconds",
            "Time from a request to its published report.",
            ["trigger"],
            buckets=(0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0),
            registry=registry,
        )
        self.series_analysed = Counter(
            "patternwatch_series_analysed", "Series that a scan judged.", ["tenant"], registry=registry
        )
        self.series_flagged = Counter(
            "patternwatch_series_flagged", "Series that a detector flagged.", ["tenant"], registry=registry
        )
        self.reports = Counter(
            "patternwatch_reports", "Reports published, by status.", ["status"], registry=registry
        )
        self.source_retries = Counter(
            "patternwatch_source_retries", "Tries that the metrics source did not answer.", registry=registry
        )
        self.ticks_skipped = Counter(
            "patternwatch_ticks_skipped", "Ticks of a watch that were too old to look at.", registry=registry
        )
        self.open_requests = Gauge(
            "patternwatch_open_requests", "Requests whose shards are not all in.", registry=registry
        )
        self.consumer_lag = Gauge(
            "patternwatch_consumer_lag",
            "Records of a partition of ours that no agent has taken yet.",
            ["topic", "partition"],
            registry=registry,
        )
        self.model_swaps = Counter(
            "patternwatch_model_swaps", "Shape models that took the place of another.", registry=registry
        )
        self.model_refused = Counter(
            "patternwatch_model_refused",
            "Times that the model of the settings was refused and the one before it kept.",
            registry=registry,
        )
        self.ready = Gauge(
            "patternwatch_worker_ready",
            "1 from the moment on that a first analysis waits neither for Kafka nor for a compiler.",
            registry=registry,
        )
        self.build = Info("patternwatch_build", "Version and model of this worker.", registry=registry)
