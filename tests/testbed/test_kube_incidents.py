"""The recorded incidents of the Kubernetes testbed keep what their README promises."""

from functools import cache
from pathlib import Path

import pytest

from patternwatch.cortex.bundle import Incident, read_bundle
from testbed.bundle_table import table_lines
from testbed.kube.faults.registry import KUBE_FAULTS
from testbed.kube.recording import MAX_BYTES

FOLDER = Path(__file__).parents[2] / "examples" / "incidents_kube"
BUNDLES = sorted(FOLDER.glob("*.parquet"))


@cache
def bundle(path: Path) -> tuple[Incident, list[dict[str, str]]]:
    incident, series = read_bundle(path)
    return incident, list(series.labels)


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_bundle_is_small_and_names_its_truth_among_its_series(path: Path) -> None:
    incident, labels = bundle(path)
    known = incident.model_extra or {}
    assert path.stat().st_size <= MAX_BYTES
    assert 600 <= len(labels) <= 2200
    assert incident.licence == "Apache-2.0"
    assert incident.at_ms - incident.start_ms >= 240_000
    assert incident.end_ms - incident.at_ms >= 60_000
    assert incident.truth is not None
    if known["fault"] == "none":
        assert KUBE_FAULTS[known["control"]].control
        assert incident.truth.services == []
        assert known["felt"] == {}
        return
    assert incident.truth.subject is not None
    assert incident.truth.subject["name"] in incident.truth.services
    assert known["felt"], "visitors felt it"
    assert incident.truth.series
    for own in incident.truth.series:
        assert own in labels


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_the_exporters_of_a_bundle_are_tellers_with_the_charts_labels(path: Path) -> None:
    _, labels = bundle(path)
    by_name = {one["__name__"]: one for one in labels}
    assert by_name["container_cpu_usage_seconds_total"]["job"] == "kubelet"
    assert by_name["container_cpu_usage_seconds_total"]["metrics_path"] == "/metrics/cadvisor"
    assert by_name["kube_deployment_status_replicas_available"]["container"] == "kube-state-metrics"
    assert by_name["node_load1"]["container"] == "node-exporter"
    assert {"reporter", "source_workload", "destination_workload"} <= by_name["istio_requests_total"].keys()
    places = {
        value for one in labels for name, value in one.items() if name not in ("id", "image", "handler")
    }
    assert not [value for value in places if value.startswith("/tmp")]


def test_the_readme_holds_the_table_of_these_bundles() -> None:
    lines, text = table_lines(FOLDER), (FOLDER / "README.md").read_text()
    assert len(lines) > len(BUNDLES) > 0
    assert [line for line in lines if line not in text] == []
