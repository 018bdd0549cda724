"""Reports name the workload and its place, in one shard as in many."""

import numpy as np

from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import SeriesBatch
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

METRICS = ("cpu_usage", "memory_bytes", "latency_seconds", "errors")


def noise(labels: list[dict[str, str]], hurt: dict[str, str]) -> SeriesBatch:
    """A series for each label set; those with all of these labels shift at the split."""
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    for i, own in enumerate(labels):
        if hurt.items() <= own.items():
            values[i, SPLIT:] += 40.0
    return batch(labels, values)


def concluded(series: SeriesBatch) -> Report:
    whole = report_of(series)
    assert encode(report_of(series, 4)) == encode(whole)
    return whole


def test_of_two_clusters_the_one_that_is_hurt_is_named() -> None:
    labels = [
        {"__name__": metric, "service": service, "cluster": cluster}
        for cluster in ("north", "south")
        for service in ("cart", "web", "db")
        for metric in METRICS
    ]
    report = concluded(noise(labels, {"cluster": "north", "service": "cart"}))
    first = report.entities[0]
    assert (first.entity, first.kind, first.cluster) == ("north/cart", "service", "north")
    assert "north/cart" in report.verdict


def test_a_place_is_told_although_nothing_happened_in_the_other() -> None:
    quiet = [{"__name__": "up", "service": "cart", "namespace": "other"}]
    labels = [{"__name__": metric, "service": "cart", "namespace": "shop"} for metric in METRICS]
    series = noise(labels + quiet, {"namespace": "shop"})
    series.values[-1] = 1.0  # constant: no candidate, and yet in scope
    assert concluded(series).entities[0].entity == "shop/cart"


def test_the_workload_is_blamed_and_not_who_tells_of_it() -> None:
    labels = []
    for service in ("cart", "web", "db"):
        pod = {"namespace": "shop", "pod": f"{service}-5f6585d649-fnmft", "container": service}
        kubelet = {"job": "kubelet", "service": "kubelet", "instance": "10.0.1.4:10250", "node": "n4"}
        ksm = {"job": "kube-state-metrics", "service": "ksm", "namespace": "shop", "deployment": service}
        labels += [
            {"__name__": "container_cpu_usage", **kubelet, **pod},
            {"__name__": "container_memory_rss", **kubelet, **pod},
            {"__name__": "kube_deployment_restarts_errors", **ksm},
            {"__name__": "http_errors", "service": service, "job": service},
        ]
    series = noise(labels, {"container": "cart"})
    series.values[2, SPLIT:] += 40.0
    report = concluded(series)
    first = report.entities[0]
    assert (first.entity, first.kind, first.series, first.namespace) == ("cart", "deployment", 3, "shop")
    assert {f.subject.pod for f in report.findings if f.category == "cpu"} == {"cart-5f6585d649-fnmft"}
