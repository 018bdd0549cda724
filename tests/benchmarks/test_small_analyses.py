"""The small clusters of the throughput benchmark are what it says of them."""

import asyncio
from pathlib import Path

from benchmarks.pure_parts import parts_of
from benchmarks.small_analyses import FAULTY, MOVED, QUIET, SERIES, recorded, request_for
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex.bundle_source import BundleSource


def test_one_cluster_has_twenty_findings_and_the_other_none(tmp_path: Path) -> None:
    incident = recorded(tmp_path / "small.parquet")
    source = BundleSource(tmp_path / "small.parquet")

    def report_of(cluster: str) -> Report:
        request = request_for(incident, cluster, cluster, incident.end_ms)
        parts = asyncio.run(parts_of(source, request, AnalysisSettings(step_ms=incident.step_ms)))
        assert parts.whole_s > parts.conclude_s > parts.classify_s
        return parts.report

    faulty, quiet = report_of(FAULTY), report_of(QUIET)
    assert (faulty.counts.selected, len(faulty.findings)) == (SERIES, MOVED)
    assert faulty.entities[0].entity == "service-0"
    assert (quiet.counts.selected, quiet.findings) == (SERIES, [])
