"""What a worker measures of itself, served as /metrics. docs/metrics.md is made from this file."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class WorkerMetrics:
    """The instruments of one worker, on a registry of its own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self.records_in = counter("patternwatch_records_in", "Records read from Kafka.", ["topic"])
        self.records_unread = counter(
            "patternwatch_records_unread",
            "Records that Kafka deleted before the group had read them, by topic.",
            ["topic"],
        )
        self.records_out = counter("patternwatch_records_out", "Records that Kafka confirmed.", ["topic"])
        self.dead_letters = counter(
            "patternwatch_dead_letters",
            "Records that could not be worked on, by the topic they came from and the error.",
            ["topic", "error"],
        )
        self.stage_seconds = histogram(
            "patternwatch_stage_seconds",
            "Time of one stage of an analysis: plan, fetch, scan, conclude.",
            ["stage"],
            buckets=_SECONDS,
        )
        self.report_seconds = histogram(
            "patternwatch_report_seconds",
            "Time from a request to its published report.",
            ["trigger"],
            buckets=(0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0),
        )
        self.series_analysed = counter(
            "patternwatch_series_analysed", "Series that a scan judged.", ["tenant"]
        )
        self.series_flagged = counter(
            "patternwatch_series_flagged", "Series that a detector flagged.", ["tenant"]
        )
        self.reports = counter("patternwatch_reports", "Reports published, by status.", ["status"])
        self.source_retries = counter(
            "patternwatch_source_retries", "Tries that the metrics source did not answer."
        )
        self.alarms = counter(
            "patternwatch_alarms",
            "Alerts of episodes that went to the Alertmanager, by outcome: sent, failed.",
            ["outcome"],
        )
        self.ticks_skipped = counter(
            "patternwatch_ticks_skipped",
            "Ticks of a watch that were not looked at or not judged, by why: old, ahead, busy, learning, "
            "source, no new samples, not judged.",
            ["reason"],
        )
        self.tick_seconds = histogram(
            "patternwatch_tick_seconds",
            "Time of a tick of a watch: reading what is new, and judging it.",
            buckets=_SECONDS,
        )
        self.shards_of_watches = counter(
            "patternwatch_shards_of_watches",
            "Shards whose series a watch of this worker held, so that the source was not asked for them.",
        )
        self.watch_observed = gauge(
            "patternwatch_watch_observed_timestamp_seconds",
            "The newest row that a watch has judged, in seconds since 1970; before its first one, its first "
            "tick.",
            ["tenant", "watch"],
        )
        self.watched_series = gauge("patternwatch_watched_series", "Series of the watches of this worker.")
        self.suspects = counter(
            "patternwatch_suspects", "Series that a tick found to be not as their own history has them."
        )
        self.open_episodes = gauge(
            "patternwatch_open_episodes", "Open episodes of the watches of this worker."
        )
        self.open_requests = gauge("patternwatch_open_requests", "Requests whose shards are not all in.")
        self.kept_looks = gauge("patternwatch_kept_looks", "Analyses whose state this worker keeps.")
        self.kept_looks_bytes = gauge(
            "patternwatch_kept_looks_bytes",
            "Bytes of the records of these states; those of what is over lie on disk.",
        )
        self.kept_samples = gauge(
            "patternwatch_kept_samples",
            "Samples kept so that only new ones are read, 12 bytes each, by for whom: looks (at reports that "
            "grow), watches.",
            ["reader"],
        )
        self.consumer_lag = gauge(
            "patternwatch_consumer_lag",
            "Records of a partition of ours that no agent has taken yet.",
            ["topic", "partition"],
        )
        self.alerts_waiting = counter(
            "patternwatch_alerts_waiting",
            "Alerts whose analysis had to wait, since their tenant was at a limit.",
            ["tenant"],
        )
        self.set_aside = counter(
            "patternwatch_set_aside",
            "Times that a shard or a report was not begun, since it had killed its worker twice.",
            ["kind"],
        )
        self.model_swaps = counter("patternwatch_model_swaps", "Shape models that took the place of another.")
        self.model_refused = counter(
            "patternwatch_model_refused",
            "Times that the model of the settings was refused and the one before it kept.",
        )
        self.ready = gauge(
            "patternwatch_worker_ready",
            "1 from the moment on that a first analysis waits neither for Kafka nor for a compiler.",
        )
        self.build = Info("patternwatch_build", "Version and model of this worker.", registry=registry)
