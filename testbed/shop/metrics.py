"""The metrics that every shop service exports, in the names of the client libraries' conventions."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class UsageCollector(Collector):
    """Context switches and page faults of this process, as getrusage(2) counts them."""

    def collect(self) -> Iterable[Metric]:
        """Read the counters at scrape time."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        switches = CounterMetricFamily("process_context_switches_total", "Context switches.", labels=["kind"])
        switches.add_metric(["voluntary"], usage.ru_nvcsw)
        switches.add_metric(["involuntary"], usage.ru_nivcsw)
        faults = CounterMetricFamily("process_page_faults_total", "Page faults.", labels=["kind"])
        faults.add_metric(["minor"], usage.ru_minflt)
        faults.add_metric(["major"], usage.ru_majflt)
        return [switches, faults]


class ShopMetrics:
    """One registry with the request, peer, pool, cache and queue metrics of a service."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        registry.register(UsageCollector())
        self.requests = Counter(
            "http_requests", "Requests served.", ["route", "method", "code"], registry=registry
        )
        self.duration = Histogram(
            "http_request_duration_seconds",
            "Time to answer a request.",
            ["route"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.in_flight = Gauge("http_requests_in_flight", "Requests being served.", registry=registry)
        self.response_bytes = Counter(
            "http_response_bytes", "Bytes of response bodies.", ["route"], registry=registry
        )
        self.peer_requests = Counter(
            "http_client_requests", "Calls to a peer.", ["peer", "code"], registry=registry
        )
        self.peer_duration = Histogram(
            "http_client_request_duration_seconds",
            "Time until a peer answered.",
            ["peer"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.peer_in_flight = Gauge(
            "http_client_requests_in_flight", "Open calls to a peer.", ["peer"], registry=registry
        )
        self.loop_lag = Gauge(
            "event_loop_lag_seconds", "Worst wake-up delay since last read.", registry=registry
        )
        self.started = time.monotonic()
