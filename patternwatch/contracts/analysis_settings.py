"""Settings of the analysis: the window, the labels that name entities, limits, comparison."""

from pydantic import Field

from patternwatch.contracts.metric_categories import MetricCategoryName
from patternwatch.contracts.promql_names import both_forms
from patternwatch.contracts.requests import Compare
from patternwatch.contracts.series import MIN_WINDOW_MS, WINDOW_ROWS
from patternwatch.contracts.settings_base import RegularExpression, Selector, Settings

_MAX_ROWS = 1200


class AnalysisSettings(Settings):
    """How a request becomes a window, shards and a report.

    >>> AnalysisSettings(metric_categories={"^checkout_": "trafic"})
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for AnalysisSettings
    metric_categories.^checkout_
      Input should be 'cpu', 'memory', 'latency', 'error', 'availability', 'health', ...
    """

    step_ms: int = Field(default=30_000, gt=0, le=86_400_000)
    """Distance of points where a request does not say."""
    rows: int = Field(default=WINDOW_ROWS, ge=120, le=_MAX_ROWS)
    """Points of a window. By default more at steps under 2 s, so that it spans ten minutes: an alert comes
    five late by `for: 5m`."""
    scope_labels: tuple[str, ...] = ("cluster",)
    """Labels of an alert that say which series to look at."""
    entity_labels: tuple[str, ...] = ()
    """Labels that name the thing a series belongs to, whatever else it carries: the first that is there.
    By default, and for a series without any of them, it is told from the usual labels: the workload of a pod,
    the node, the service, and never the exporter that tells of them."""
    exporters: dict[RegularExpression, tuple[str, ...]] = Field(default_factory=dict)
    """Exporters of one's own, tried before the built-in table: regular expression that metric names begin
    with -> labels that name what the series tell of; the first that is there counts."""
    replica_labels: tuple[str, ...] = ("prometheus_replica", "__replica__", "replica")
    """Labels that tell apart what several Prometheus scraped of the same targets: series that differ in them
    only, and keep the same level, count once; of alerts that do, and begin together, one is analysed."""
    peer_labels: tuple[str, ...] = (
        "peer",
        "upstream",
        "destination_service",
        "destination_workload",
        *both_forms("peer.service"),
    )
    """Labels by which a service's own series name the service that it calls."""
    client_entity_pattern: RegularExpression = r"[_:.-](client|remote)$"
    """Names of entities that are others as callers see them, a regular expression: they count in part."""
    metric_categories: dict[RegularExpression, MetricCategoryName] = Field(default_factory=dict)
    """Categories of one's own metrics, tried before the built-in ones: regular expression -> category."""
    shard_series: int = Field(default=1000, ge=1)
    """Series of a shard, about; a metric with more is partitioned by one of its labels."""
    max_series: int = Field(default=200_000, ge=1)
    """Series of a request: of more, the metrics with most are left out, and the report says how many."""
    candidates: int = Field(default=5000, ge=1)
    """Candidate series of a request, over all of its shards."""
    findings: int = Field(default=100, ge=1)
    """Findings that a report shows."""
    drift_findings: int = Field(default=10, ge=0)
    """Of these, the strongest that River's drift detectors are asked about too, some .2 ms each; in the last
    look at a growing report only."""
    deadline_s: float = Field(default=60.0, gt=0)
    """After this the collector publishes what it has, and says what is missing."""
    compare: Compare = "none"
    """Whether the same window one `day` or `week` earlier is read too, so that its rise is not flagged."""
    analyze_alerts: bool = True
    """Whether a firing alert starts an analysis by itself."""
    join_s: float = Field(default=300.0, ge=0, le=3600)
    """Alerts of one scope that begin within so many seconds of each other have one analysis and one report;
    0: each has its own."""
    cooldown_s: float = Field(default=300.0, ge=0, le=3600)
    """So long after alerts of a scope began an analysis, a later alert of it joins that one."""
    heartbeats: tuple[Selector, ...] = (
        # Watchdog, InfoInhibitor: kube-prometheus, OpenShift, victoria-metrics-k8s-stack; DeadMansSwitch:
        # prometheus-operator before 2019; PrometheusAlertmanagerE2eDeadManSwitch: awesome-prometheus-alerts.
        '{alertname=~"Watchdog|InfoInhibitor|DeadMansSwitch|PrometheusAlertmanagerE2eDeadManSwitch"}',
        # The severity that those rules give to alerts that are no trouble.
        '{severity="none"}',
    )
    """Alerts that always fire, to show that alerting works: listed, never analysed by themselves. Selectors
    over labels of alerts."""
    max_alert_age_s: float = Field(default=86_400.0, gt=0)
    """An alert that began longer ago starts no analysis by itself; ask for one by hand."""
    max_clock_skew_s: float = Field(default=600.0, ge=0)
    """An alert that begins up to so far in the future is taken to begin now. Clocks drift by seconds or
    minutes; from a quarter of an hour on it is a wrong time zone or date, and the alert says so instead."""

    @property
    def window_rows(self) -> int:
        """Points of a window at this step: `rows` where that is set, else as many as ten minutes take.

        >>> [AnalysisSettings(step_ms=step_ms).window_rows for step_ms in (30_000, 1_000, 100)]
        [300, 600, 1200]
        >>> AnalysisSettings(step_ms=1_000, rows=300).window_rows
        300
        """
        if "rows" in self.model_fields_set:
            return self.rows
        return max(self.rows, min(MIN_WINDOW_MS // self.step_ms, _MAX_ROWS))
